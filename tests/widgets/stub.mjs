/**
 * What the element code needs of a browser and of lit-html, small enough to read: templates become text.
 *
 * `node --import ./tests/widgets/stub.mjs --test` sends every import of kit.js to kit.mjs here, so the
 * tests need Node alone.
 */
import { register } from "node:module";

const kept = new Map();
globalThis.localStorage = {
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => kept.set(name, String(value)),
  removeItem: (name) => kept.delete(name),
};
globalThis.HTMLElement = class {};
globalThis.navigator ??= {}; // Node 20 has none

const hook = `export const resolve = (name, context, next) =>
  next(name.endsWith("/kit.js") ? ${JSON.stringify(new URL("./kit.mjs", import.meta.url).href)} : name, context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
