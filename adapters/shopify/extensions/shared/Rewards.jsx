import { useState } from "preact/hooks";
import { ask, pause } from "./service.js";

const TRIES = 6;
const EVERY_MS = 2000;
const CONTROLS = /[\u2066-\u2069]/g;
const WITH_CODE = ["amount", "percent", "shipping", "product"];

/** The code of a redemption, which the store makes within seconds. @param {import("./service.js").Token} token @param {string} id @param {string} lang */
async function codeOf(token, id, lang) {
  for (let tried = 0; tried < TRIES; tried += 1) {
    await pause(EVERY_MS);
    /** @type {import("./service.js").Mine} */
    const { rewards } = await ask(token, "me", { lang });
    const found = rewards?.open.find((one) => one.id === id);
    if (found?.code) return found.code;
  }
  return null;
}

/**
 * What points buy and which codes are open. `use`, where a code can be used at once, takes it; those in
 * `used` are in the order already.
 *
 * @param {{mine: import("./service.js").Mine, token: import("./service.js").Token, lang: string,
 *   t: (key: string) => string, use?: (code: string) => Promise<boolean>, used?: string[], again: () => Promise<void>}} props
 */
export function Rewards({ mine, token, lang, t, use, used = [], again }) {
  const [busy, setBusy] = useState("");
  const [said, setSaid] = useState("");
  const { offers = [], open = [] } = mine.rewards ?? {};
  const codes = open.filter(({ code }) => code && !used.includes(code));
  const wanted = offers.filter((one) => !one.flexible && (!use || WITH_CODE.includes(one.kind)));

  /** @param {string} name @param {() => Promise<string>} work */
  async function carryOut(name, work) {
    setBusy(name);
    setSaid("");
    try {
      setSaid(await work());
    } catch (problem) {
      console.warn("perennial:", problem);
      setSaid("failed");
    }
    setBusy("");
  }

  /** @param {string} code */
  const take = async (code) => (!use ? "redeemed" : (await use(code)) ? "used" : "not_used");
  /** @param {import("./service.js").Offer} offer */
  const redeem = (offer) =>
    carryOut(offer.id, async () => {
      const { redemption } = await ask(token, "redeem", { lang }, { reward: offer.id });
      const code = WITH_CODE.includes(offer.kind) ? await codeOf(token, redemption.id, lang) : null;
      await again();
      return code ? take(code) : "on_its_way";
    });

  return (
    <s-stack gap="base">
      {said && <s-banner tone={said === "failed" || said === "not_used" ? "warning" : "success"}>{t(said)}</s-banner>}
      {codes.map((one) => (
        <s-stack key={one.id} direction="inline" gap="base" alignItems="center" justifyContent="space-between">
          <s-text>
            {one.name}: <s-text dir="ltr">{one.code}</s-text>
          </s-text>
          {use && (
            <s-button loading={busy === one.id} disabled={busy !== ""} onClick={() => carryOut(one.id, () => take(String(one.code)))}>
              {t("use")}
            </s-button>
          )}
        </s-stack>
      ))}
      {wanted.map((one) => (
        <s-stack key={one.id} direction="inline" gap="base" alignItems="center" justifyContent="space-between">
          <s-text>
            {one.name}
            {one.name !== one.gives.replace(CONTROLS, "") && ` · ${one.gives}`}
          </s-text>
          {one.reason ? (
            <s-text color="subdued">{one.reason_text}</s-text>
          ) : (
            <s-button loading={busy === one.id} disabled={busy !== ""} onClick={() => redeem(one)}>
              {t("redeem")}
            </s-button>
          )}
        </s-stack>
      ))}
    </s-stack>
  );
}
