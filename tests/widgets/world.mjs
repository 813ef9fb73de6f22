/** The named world of the tests: Acme's programme, Mia's club, three languages, and answers without a network. */
import { readFileSync } from "node:fs";
import { Words } from "../../static/widgets/src/kit/words.js";

const json = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const catalogue = (name) => json(`../../static/widgets/locales/${name}.json`).words;

export const CLUB = json("./club.json");

export const english = new Words(catalogue("en"), "en");
export const arabic = new Words(catalogue("ar"), "ar");
export const chinese = new Words(catalogue("zh-Hant"), "zh-Hant");
export const egyptian = new Words(catalogue("ar"), "ar-EG");

export const PROGRAM = {
  program: { name: "Acme club", currency: "USD", points_each: 1, per_minor: 100, hold_days: 14, award_on: "paid" },
  currency_exponent: 2,
};

/** Put `answer(url, options)` in place of fetch; returns the list of what was asked. */
export function listen(answer) {
  const asked = [];
  globalThis.fetch = async (url, options) => {
    const { method = "GET", headers, body: sent, signal } = options;
    asked.push({ url: String(url), method, headers, sent, signal });
    const { status = 200, body } = await answer(String(url), options);
    return new Response(JSON.stringify(body), { status });
  };
  return asked;
}
