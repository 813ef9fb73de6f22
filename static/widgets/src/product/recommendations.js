import { html, own, read, said, Widget } from "../kit.js";
import { hiddenKeys, hide, unhide } from "./hidden.js";

const MOST = 6;
const CROSS = html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 7l10 10M17 7 7 17" /></svg>`;

/**
 * <perennial-recommendations product heading tone>: what others bought with it; absent when nothing is honest.
 *
 * `product` is one key, or several with commas for a cart. Cards keep their height from the first moment;
 * an empty row gives its place back only once out of sight, so nothing moves under the reader.
 */
export class PerennialRecommendations extends Widget {
  static observedAttributes = ["product", "heading"];
  static styles = "recommendations";
  #items = [];
  #hiddenHere = new Set();

  async start(signal) {
    const product = this.getAttribute("product");
    this.hidden = !product;
    if (!product) return;
    this.#hiddenHere.clear();
    this.draw(this.#row([1, 2, 3, 4].map(() => html`<li class="card" aria-hidden="true"><i class="picture"></i><div class="text"></div></li>`)));
    try {
      const { items } = await read(`recommendations?product=${encodeURIComponent(product)}`, signal);
      const unwanted = hiddenKeys();
      this.#items = items.filter(({ key }) => !unwanted.has(key)).slice(0, MOST);
    } catch (problem) {
      this.#items = [];
      if (!signal.aborted) this.leave(signal);
      throw problem;
    }
    if (!this.#items.length) {
      this.leave(signal);
      return;
    }
    this.keepHeight(signal);
    this.#paint();
  }

  #paint() {
    this.draw(this.#row(this.#items.map((item) => (this.#hiddenHere.has(item.key) ? this.#gone(item) : this.#card(item)))));
  }

  #row(cards) {
    const heading = this.getAttribute("heading");
    return html`<section part="section" aria-labelledby="heading">
      <h2 id="heading">${heading ? html`<bdi>${heading}</bdi>` : said(this.words, "goes_well")}</h2>
      <ul>${cards}</ul>
    </section>`;
  }

  #card({ key, title, url, image_url: image, price_said: price, reason }) {
    const { words } = this;
    return html`<li class="card" part="card" data-key=${key}>
      <a href=${url}>
        ${image ? html`<img class="picture" src=${image} alt="" loading="lazy" decoding="async" width="300" height="300" />` : html`<i class="picture"></i>`}
        <span class="text"><span class="title"><bdi>${title}</bdi></span>
          ${price ? html`<bdi class="num" part="price" dir="ltr">${price}</bdi>` : ""}
          ${reason ? html`<span class="fine" part="reason">${reason}</span>` : ""}</span>
      </a>
      <button class="hide" type="button" aria-label=${words.text("hide", { title: own(title) })} @click=${() => this.#hide(key)}>${CROSS}</button>
    </li>`;
  }

  #gone({ key }) {
    return html`<li class="card gone" part="card" data-key=${key}>
      <div class="picture"><p class="fine" role="status">${said(this.words, "hidden")}</p>
        <button class="btn" part="button" type="button" @click=${() => this.#undo(key)}>${said(this.words, "undo")}</button></div>
      <div class="text"></div>
    </li>`;
  }

  #hide(key) {
    hide(key);
    this.#hiddenHere.add(key);
    this.#paint();
    this.#focus(key);
  }

  #undo(key) {
    unhide(key);
    this.#hiddenHere.delete(key);
    this.#paint();
    this.#focus(key);
  }

  /** Focus stays on the card that changed: on "Undo" after hiding, on the hide button after undoing. */
  #focus(key) {
    this.shadowRoot.querySelector(`[data-key="${CSS.escape(key)}"] button`)?.focus();
  }
}
