/** An amount of the shopper's own, fetched when they ask for it: typed as people write it, in whole pieces. */
import { html, said } from "../kit.js";

const ARABIC = /[\u0660-\u0669\u06f0-\u06f9]/g; // Persian and Urdu write some of them differently

/** Minor units of what was typed; NaN for what is no amount, two of them, or has more decimals than the currency. */
export function minorOf(text, exponent) {
  const plain = text.normalize("NFKC").replace(ARABIC, (one) => one.charCodeAt(0) & 15).replace(/\p{Cf}/gu, "").trim();
  const [, whole, part = ""] = /^(\d{1,12})(?:[.,\u066b](\d+))?$/.exec(plain) ?? [];
  return whole && part.length <= exponent ? Number(whole + part.padEnd(exponent, "0")) : Number.NaN;
}

/** The field and its button; `give(minor)` is called with what is within the limits, of the rest the browser tells. */
export function ownAmount({ least_minor: least, most_minor: most, exponent }, words, money, piece, give) {
  const range = { least: money(least), most: money(most) };
  const send = (event) => {
    event.preventDefault();
    const { amount } = event.target.elements;
    const minor = minorOf(amount.value, exponent);
    const fits = minor >= least && minor <= most && minor % piece === 0;
    amount.setCustomValidity(fits ? "" : words.text("gift_range", range));
    if (event.target.reportValidity()) give(minor);
  };
  return html`<form novalidate @submit=${send}>
    <label class="fine" for="own">${said(words, "gift_range", range)}</label>
    <div class="ways">
      <input id="own" name="amount" inputmode="decimal" autocomplete="off" required @input=${({ target }) => target.setCustomValidity("")} />
      <button class="btn">${words.text("gift_give")}</button>
    </div>
  </form>`;
}
