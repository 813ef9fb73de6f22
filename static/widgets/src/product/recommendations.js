import { ask, html, isSignedIn, own, read, recall, remember, said, Widget } from "../kit.js";
import { bucket, follow } from "./learning.js";

const CROSS = html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 7l10 10M17 7 7 17" /></svg>`;
const REST = 1e9; // page views, of who wants no rows
let shown; // the row of this page: one is enough

/**
 * <perennial-recommendations surface product heading tone>: one row a page, each product with its reason;
 * absent when nothing is honest, when today had rows enough, or while the shopper wants a rest.
 *
 * `product` is one key, or several with commas for a cart or an order. Cards keep their height from the first
 * moment; an empty row gives its place back only once out of sight, so nothing moves under the reader.
 *
 * The page itself keeps no room, by the script that is printed inside, where this browser rests, is held out, or the
 * last try at this kind of page got nothing. What comes all the same is drawn below what is seen, else on the next page.
 */
export class PerennialRecommendations extends Widget {
  static observedAttributes = ["product"];
  static styles = "recommendations";

  #answer;
  #bare;

  early(signal) {
    if (this.rests) return; // and says so
    const product = this.getAttribute("product") ?? "";
    const surface = this.getAttribute("surface") ?? ""; // the service knows the usual one
    if ((this.hidden = !product && !/home|account/.test(surface))) return;
    remember(this.#bare = `bare-${surface}`, 1); // as long as nothing came
    (this.#answer = this.#look(bucket(), surface, product, signal)).catch(() => {}); // whoever waits for it is told
  }

  async start(signal) {
    if (this.rests || this.hidden) return;
    this.dataset.drawn ?? this.draw(html`<section aria-hidden="true"><h2>\u00a0</h2><ul>${Array(4).fill(html`<li><i class="picture"></i><div class="text"></div></li>`)}</ul></section>`);
    try {
      const answer = await this.#answer;
      const { heading, items, method, pages_a_day: most } = answer;
      const today = Date.now() / 86_400_000 | 0;
      const [day, pages] = [].concat(recall("rows")); // another tab may have changed it meanwhile
      const seen = day >= today ? pages : 0; // of a rest the day is its last, and the pages are more than any limit
      if (seen >= REST) (await import("./away.js")).rest(day);
      const limit = method ? most || REST : 0; // who is held out rests from the start
      const isEnough = seen >= (!shown ? limit : shown === this || !shown.isConnected ? REST : 0);
      const hasRoom = this.offsetHeight || this.getBoundingClientRect().top >= innerHeight;
      const there = isEnough || !hasRoom ? [] : items;
      if (items[0]) remember(this.#bare, 0);
      if (!shown && seen < REST) remember("rows", [today, seen + !!there[0], limit]);
      if (there[0]) {
        shown = this;
        this.keepHeight(signal);
        this.#paint(this.getAttribute("heading") || heading, items);
      } else this.leave(signal);
      follow(this, answer, there);
    } catch (problem) {
      if (!signal.aborted) this.leave(signal);
      throw problem;
    }
  }

  async #look(bucket, surface, product, signal) {
    let query = `?surface=${surface}&bucket=${bucket}&product=${encodeURIComponent(product.split(",", 100))}`;
    const hidden = recall("hidden-products");
    if (hidden?.[0]) query += `&hidden=${encodeURIComponent(hidden)}`;
    if (/home|product/.test(surface)) query += (await import("./viewed.js")).viewed(product);
    return isSignedIn() ? ask(`for_me${query}`, signal) : read(`recommendations${query}`, signal);
  }

  #paint(heading, items) {
    const { words } = this;
    const away = (key) => async ({ currentTarget: button }) => (await import("./away.js")).send(button, key, words);
    this.draw(html`<section part="section" aria-labelledby="heading">
      <h2 id="heading"><bdi>${heading}</bdi></h2>
      <button class="later fine" id="later" aria-labelledby="later heading" @click=${away("")}>${said(words, "not_now")}</button>
      <ul>${items.map(({ key, title, url, image_url: image, price_said: price, reason }) => html`<li class="card" part="card">
      <a href=${url}>
        ${image ? html`<img class="picture" src=${image} alt="" loading="lazy" width="300" height="300" />` : html`<i class="picture"></i>`}
        <span class="text"><span class="title"><bdi>${title}</bdi></span>
          ${price ? html`<bdi class="num" part="price" dir="ltr">${price}</bdi>` : ""}
          <span class="fine" part="reason">${reason}</span></span>
      </a>
      <button class="hide" aria-label=${words.text("hide", { title: own(title) })} @click=${away(key)}>${CROSS}</button>
    </li>`)}</ul>
    </section>`);
  }
}
