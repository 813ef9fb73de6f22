/** What every element shares; built once, fetched once. */
export { html, nothing } from "lit-html";
export { forget, recall, remember } from "./kit/memory.js";
export { config, exponentOf, me, read, settle } from "./kit/requests.js";
export { said } from "./kit/view.js";
export { Widget } from "./kit/widget.js";
export { ltr, own } from "./kit/words.js";
