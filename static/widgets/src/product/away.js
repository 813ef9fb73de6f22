/** Sending a product or the whole row away, and having it back: fetched once somebody does. */
import { html, recall, remember, said } from "../kit.js";

const NAME = "hidden-products";
const MOST = 200;
const REST_DAYS = 30;

/** Not again: a product, or for a while every row, whose key is "". */
export function hide(key) {
  if (key) remember(NAME, [...new Set(recall(NAME)).add(key)].slice(-MOST));
  else remember("rest-at", Date.now());
}

export function unhide(key) {
  if (key) remember(NAME, recall(NAME).filter((one) => one !== key));
  else remember("rest-at", 0);
}

/** What stands in its place, with a way back. */
export const gone = (words, word, key, undo) =>
  html`<div class="picture" data-key=${key}><p class="fine" role="status">${said(words, word, { n: words.number(REST_DAYS) })}</p>
    <button class="btn" part="button" type="button" @click=${undo}>${said(words, "undo")}</button></div>`;
