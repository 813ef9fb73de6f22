/** Sending a product or the whole row away, and having it back: fetched once somebody does. */
import { html, isProxied, recall, remember, render, said } from "../kit.js";

const NAME = "hidden-products";
const MOST = 200;
const REST_DAYS = 30;
const DAY_MS = 86_400_000;

/** Not again: a product, or for a while every row, whose key is "". */
function hide(key) {
  if (key) remember(NAME, [...new Set([].concat(recall(NAME) ?? [], key))].slice(-MOST));
  else {
    const day = Math.floor(Date.now() / DAY_MS) + REST_DAYS;
    remember("rows", [day, 1e9]);
    rest(day);
  }
}

/** Tell Shopify's cart the last `day` of a rest, for the pages after its order, which know nothing of this browser. */
export function rest(day) {
  const told = `${day} ${/\bcart=([^;]*)/.exec(document.cookie)?.[1]}`; // a new cart knows nothing
  if (!isProxied() || recall("rests") === told) return;
  remember("rests", told);
  navigator.sendBeacon("/cart/update.js", new URLSearchParams({ "attributes[_perennial_rest]": day }));
}

function unhide(key) {
  if (key) remember(NAME, recall(NAME).filter((one) => one !== key));
  else {
    remember("rows", null);
    rest("");
  }
}

/** Put a way back where `button` and what it sends away were; focus stays there. */
export function send(button, key, words) {
  if (button.hidden) return; // pressed twice while this was fetched
  const { host } = button.getRootNode();
  const product = host.getAttribute("product");
  const gone = [...button.parentNode.children].filter(({ localName }) => localName !== "h2");
  const place = document.createElement("div");
  place.className = "gone";
  const show = () => {
    place.remove();
    for (const one of gone) one.hidden = false;
  };
  const back = async () => {
    unhide(key);
    host.rests = false;
    show();
    button.focus();
    if (host.getAttribute("product") !== product) await host.again(); // beside other things by now
  };
  hide(key);
  host.rests = !key;
  for (const one of gone) one.hidden = true;
  button.after(place);
  if (key) new MutationObserver(show).observe(button.parentNode.querySelector("a"), { attributeFilter: ["href"] }); // another product has this place
  const told = html`<p class="fine" role="status">${said(words, key ? "hidden" : "rests", { n: words.number(REST_DAYS) })}</p>
    <button class="btn" part="button" type="button" @click=${back}>${said(words, "undo")}</button>`;
  render(told, place);
  place.querySelector("button").focus();
}
