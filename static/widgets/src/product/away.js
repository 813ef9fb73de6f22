/** Sending a product or the whole row away, and having it back: fetched once somebody does. */
import { html, recall, remember, render, said } from "../kit.js";

const NAME = "hidden-products";
const MOST = 200;
const REST_DAYS = 30;
const DAY_MS = 86_400_000;

/** Not again: a product, or for a while every row, whose key is "". */
function hide(key) {
  if (key) remember(NAME, [...new Set(recall(NAME)).add(key)].slice(-MOST));
  else remember("rows", [Math.floor(Date.now() / DAY_MS) + REST_DAYS, 1e9]);
}

function unhide(key) {
  if (key) remember(NAME, recall(NAME).filter((one) => one !== key));
  else remember("rows", null);
}

/** Put a way back where `button` and what it sends away were; focus stays there. */
export function send(button, key, words) {
  if (button.hidden) return; // pressed twice while this was fetched
  const gone = [...button.parentNode.children].filter(({ localName }) => localName !== "h2");
  const place = document.createElement("div");
  place.className = "gone";
  const back = () => {
    unhide(key);
    place.remove();
    for (const one of gone) one.hidden = false;
    button.focus();
  };
  hide(key);
  for (const one of gone) one.hidden = true;
  button.after(place);
  const told = html`<p class="fine" role="status">${said(words, key ? "hidden" : "rests", { n: words.number(REST_DAYS) })}</p>
    <button class="btn" part="button" type="button" @click=${back}>${said(words, "undo")}</button>`;
  render(told, place);
  place.querySelector("button").focus();
}
