/** What every element shares; built once, fetched once. */
export { html, render } from "lit-html";
export { declined, recall, remember, rememberNo, SILENT_DAYS } from "./kit/memory.js";
export { act, address, ask, config, exponentOf, isProxied, isSignedIn, read, settle } from "./kit/requests.js";
export { said } from "./kit/view.js";
export { visit } from "./kit/visits.js";
export { Widget } from "./kit/widget.js";
export { ltr, own } from "./kit/words.js";
