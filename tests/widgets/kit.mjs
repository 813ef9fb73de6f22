/** The kit with lit-html left out: `html` gives the text a template would show, marks and all. */
export { declined, recall, remember, rememberNo, SILENT_DAYS } from "../../static/widgets/src/kit/memory.js";
export { act, ask, config, exponentOf, read, settle } from "../../static/widgets/src/kit/requests.js";
export { ltr, own } from "../../static/widgets/src/kit/words.js";

export const html = (strings, ...values) =>
  strings.reduce((text, string, index) => text + shown(values[index - 1]) + string);
export const said = (words, key, values) => words.parts(key, values).map(({ text }) => text).join("");

function shown(value) {
  if (Array.isArray(value)) return value.map(shown).join("");
  return typeof value === "function" ? "" : String(value ?? "");
}
