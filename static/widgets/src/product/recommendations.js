import { ask, html, isSignedIn, own, read, recall, remember, said, Widget } from "../kit.js";

const MOST = 6;
const REST_MS = 30 * 86_400_000;
const ALONE = /home|account/; // surfaces where a row is beside no product
const CROSS = html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 7l10 10M17 7 7 17" /></svg>`;
let row; // of this page
let counted;


/**
 * <perennial-recommendations surface product heading tone>: one row a page, each product with its reason;
 * absent when nothing is honest, when today had rows enough, or while the shopper wants a rest.
 *
 * `product` is one key, or several with commas for a cart or an order. Cards keep their height from the first
 * moment; an empty row gives its place back only once out of sight, so nothing moves under the reader.
 */
export class PerennialRecommendations extends Widget {
  static observedAttributes = ["product", "surface", "heading"];
  static styles = "recommendations";
  #told;
  #out = new Set(); // what was sent away on this page; "" is the row
  #taps;

  async start(signal) {
    const product = this.getAttribute("product") ?? "";
    const surface = this.getAttribute("surface") ?? (product.includes(",") ? "cart" : "product");
    this.hidden = !product && !ALONE.test(surface);
    if (this.hidden) return;
    this.#out.clear();
    this.draw(html`<section aria-hidden="true"><h2>\u00a0</h2><ul>${[1, 2, 3, 4].map(() => html`<li class="card"><i class="picture"></i><div class="text"></div></li>`)}</ul></section>`);
    try {
      await this.#look(surface, product, signal);
    } catch (problem) {
      if (!signal.aborted) this.leave(signal);
      throw problem;
    }
    const { items, pages_a_day: most } = this.#told;
    const today = new Date().toDateString();
    const [day, pages] = recall("rows") ?? [];
    const seen = day === today ? pages : 0;
    const isOneMore = row?.isConnected && row !== this;
    if (!items.length || isOneMore || (!counted && most && seen >= most) || Date.now() - recall("rest-at") < REST_MS) {
      this.leave(signal);
      return;
    }
    if (!counted) remember("rows", [today, seen + 1]);
    counted = row = this;
    this.keepHeight(signal);
    this.#paint();
  }

  async #look(surface, product, signal) {
    let query = `?surface=${surface}&product=${encodeURIComponent(product)}`;
    if (/product|home/.test(surface)) {
      const { viewed } = await import("./viewed.js");
      const keys = viewed(product);
      if (!product && keys.length) query += `&viewed=${encodeURIComponent(keys)}`;
    }
    this.#told = await (isSignedIn() ? ask(`for_me${query}`, signal) : read(`recommendations${query}`, signal));
    const unwanted = recall("hidden-products") ?? [];
    this.#told.items = this.#told.items.filter(({ key }) => !unwanted.includes(key)).slice(0, MOST);
  }

  #paint() {
    const { heading, items } = this.#told;
    const title = this.getAttribute("heading") || heading;
    const rests = this.#out.has("");
    this.draw(html`<section part="section" aria-labelledby="heading">
      <div class="head" data-key=""><h2 id="heading"><bdi>${title}</bdi></h2>
        ${rests ? "" : html`<button class="later fine" id="later" type="button" aria-labelledby="later heading" @click=${() => this.#tap("hide", "")}>${said(this.words, "not_now")}</button>`}</div>
      ${rests ? this.#gone("rests", "") : html`<ul>${items.map((item) => this.#card(item))}</ul>`}
    </section>`);
  }

  #card({ key, title, url, image_url: image, price_said: price, reason }) {
    if (this.#out.has(key)) return html`<li class="card gone" part="card">${this.#gone("hidden", key)}<div class="text"></div></li>`;
    return html`<li class="card" part="card" data-key=${key}>
      <a href=${url}>
        ${image ? html`<img class="picture" src=${image} alt="" loading="lazy" decoding="async" width="300" height="300" />` : html`<i class="picture"></i>`}
        <span class="text"><span class="title"><bdi>${title}</bdi></span>
          ${price ? html`<bdi class="num" part="price" dir="ltr">${price}</bdi>` : ""}
          ${reason ? html`<span class="fine" part="reason">${reason}</span>` : ""}</span>
      </a>
      <button class="hide" type="button" aria-label=${this.words.text("hide", { title: own(title) })} @click=${() => this.#tap("hide", key)}>${CROSS}</button>
    </li>`;
  }

  #gone(word, key) {
    return this.#taps.gone(this.words, word, key, () => this.#tap("unhide", key));
  }

  /** Focus stays where something changed: on "Undo" after sending it away, on its button after undoing. */
  async #tap(name, key) {
    this.#taps ??= await import("./away.js");
    this.#taps[name](key);
    this.#out[name === "hide" ? "add" : "delete"](key);
    this.#paint();
    [...this.shadowRoot.querySelectorAll(`[data-key="${CSS.escape(key)}"] button`)].at(-1)?.focus();
  }
}
