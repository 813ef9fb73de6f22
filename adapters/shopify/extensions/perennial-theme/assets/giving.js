/**
 * <perennial-cart-gift>: puts the gift a shopper chose into the cart, by the Ajax cart, and has the cart shown
 * anew: its sections, or the page with the focus where it was. Nothing is chosen for anybody.
 *
 * With data-variant, a piece of that variant is data-piece minor units and the quantity is the amount; without
 * it the form inside, which works by itself, offers one variant an amount. Its no is kept here. A rounded-up gift is rounded again, up to the next
 * data-step, when the cart changed under it: on another page, or on this one by whatever script of the theme.
 */
const GIFT = "_perennial_donation";
const ROUNDED = "_perennial_round_up";
const NO = "_perennial_no_gift"; // of the cart: the checkout, which has a memory of its own, does not ask again
const FOCUSED = "perennial:gift-focused";
const HEARD = ["perennial-donation:chosen", "reset"];
const CHANGES = /\/cart\/(add|change|update|clear)\b/;

export class PerennialCartGift extends HTMLElement {
  #work = Promise.resolve();
  #changed = new PerformanceObserver((list) => list.getEntries().some(({ name }) => CHANGES.test(name)) && this.#count().catch(() => {}));
  #before; // what the theme printed before the first of several wishes
  #wishes = 0;

  connectedCallback() {
    for (const name of HEARD) this.addEventListener(name, this);
    this.#changed.observe({ type: "resource" });
    if (sessionStorage.getItem(FOCUSED)) this.#focus();
    const { before, given, step } = this.dataset;
    if (before !== undefined) this.#round(before, given, step);
  }

  /** Up to the next `step` again; all in minor units. */
  #round(before, given, step) {
    const missing = (step - (before % step)) % step;
    if (missing !== Number(given)) this.#wish(this.dataset.variant, missing / this.dataset.piece, step);
  }

  /** The cart may be another than was printed: what it comes to without its gifts, in minor units. */
  async #count() {
    const { smallest, piece } = this.dataset;
    const donation = this.querySelector("perennial-donation");
    if (!donation) return;
    const { items, total_price: total } = await this.#send("cart.js");
    const gifts = items.filter(({ properties }) => properties?.[GIFT]);
    const given = gifts.reduce((sum, { final_line_price: price }) => sum + price, 0);
    const before = String(((total - given) * piece) / smallest);
    if (before === donation.getAttribute("cart-total-minor")) return;
    donation.setAttribute("cart-total-minor", before);
    const [step] = gifts.map(({ properties }) => properties[ROUNDED]).filter(Boolean);
    const isAlone = items.length === gifts.length; // a gift is beside goods: without them it goes
    if (step || isAlone) this.#round(before, (given * piece) / smallest, step > 1 ? step : 100 * piece);
  }

  disconnectedCallback() {
    for (const name of HEARD) this.removeEventListener(name, this);
    this.#changed.disconnect();
  }

  handleEvent(event) {
    if (event.type === "reset") {
      this.hidden = true;
      localStorage["perennial:no-gift-at"] = Date.now();
    }
    const { amountMinor = 0, roundUp, stepMinor, cause } = event.detail ?? {};
    this.#wish(this.dataset.variant, amountMinor / (this.dataset.piece ?? 1), roundUp && stepMinor, cause);
  }

  /** One after the other; the cart is shown anew after the last. `step`: a round-up's, in minor units. */
  #wish(variant, quantity, step, cause) {
    const wish = ++this.#wishes;
    this.#work = this.#work.then(async () => {
      if (wish !== this.#wishes) return;
      try {
        const { printed, showAnew } = await import("./giving.anew.js");
        this.#before ??= await printed(this).catch(() => null);
        const changed = await this.#put(variant, quantity, step, cause);
        if (!changed || wish !== this.#wishes) return;
        const before = this.#before;
        this.#before = undefined;
        if (!(await showAnew(this, before).catch(() => false))) this.#reload();
      } catch (problem) {
        console.warn("perennial-cart-gift:", problem.message);
        this.querySelector("perennial-donation")?.failed?.();
      }
    });
  }

  /** One line of this gift, whatever lines the cart holds; without a cause named, that of the cart. */
  async #put(variant, quantity, step, cause) {
    const { items, attributes } = await this.#send("cart.js");
    const lines = items.filter(({ properties }) => properties?.[GIFT]);
    const kept = quantity > 0 && lines.find(({ variant_id: id }) => String(id) === variant);
    const named = cause || lines[0]?.properties[GIFT] || this.dataset.cause || "1";
    const properties = { [GIFT]: named, ...(step && { [ROUNDED]: String(step) }) };
    for (const { key } of lines.filter((line) => line !== kept)) await this.#send("cart/change.js", { id: key, quantity: 0 });
    if (kept) await this.#send("cart/change.js", { id: kept.key, quantity, properties });
    else if (quantity) await this.#send("cart/add.js", { items: [{ id: Number(variant), quantity, properties }] });
    const was = attributes?.[NO] ?? "";
    const no = quantity ? "" : step ? was : "1";
    if (no !== was) await this.#send("cart/update.js", { attributes: { [NO]: no } });
    return lines.length > 0 || quantity > 0;
  }

  async #send(name, body) {
    const root = this.dataset.root.replace(/\/?$/, "/");
    const response = await fetch(root + name, {
      method: body ? "POST" : "GET",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${name}: HTTP ${response.status}`);
    return response.json();
  }

  #reload() {
    if (this.contains(document.activeElement)) sessionStorage.setItem(FOCUSED, "1");
    location.reload();
  }

  /** On what is chosen now, as soon as it is drawn; here, where nothing is asked any more. */
  #focus() {
    sessionStorage.removeItem(FOCUSED);
    const donation = this.querySelector("perennial-donation:not([hidden])");
    const take = () => {
      const root = donation?.shadowRoot ?? this;
      const chosen = root.querySelector("[aria-pressed=true], :checked") ?? root.querySelector("button, input");
      if (!chosen) this.tabIndex = -1;
      (chosen ?? this).focus({ preventScroll: true });
    };
    if (!donation || donation.hasAttribute("data-drawn")) take();
    else {
      const drawn = new MutationObserver(() => {
        drawn.disconnect();
        take();
      });
      drawn.observe(donation, { attributeFilter: ["data-drawn"] });
    }
  }
}

if (!customElements.get("perennial-cart-gift")) customElements.define("perennial-cart-gift", PerennialCartGift);
