/**
 * <perennial-cart-gift>: puts the gift a shopper chose into the cart, by the Ajax cart, and shows the page
 * anew with the focus where it was. Nothing is chosen for anybody.
 *
 * With data-variant, a piece of that variant is one smallest unit of money and the quantity is the amount;
 * without it the form inside offers one variant an amount. A rounded-up gift is rounded again, up to the
 * next data-step, when the cart changed under it.
 */
const GIFT = "_perennial_donation";
const ROUNDED = "_perennial_round_up";
const FOCUSED = "perennial:gift-focused";
const HEARD = ["perennial-donation:chosen", "submit"];

export class PerennialCartGift extends HTMLElement {
  #work = Promise.resolve();
  #wishes = 0;

  connectedCallback() {
    for (const name of HEARD) this.addEventListener(name, this);
    if (sessionStorage.getItem(FOCUSED)) this.#focus();
    const { before, given, step, variant } = this.dataset;
    if (before === undefined) return;
    const missing = (step - (before % step)) % step;
    if (missing !== Number(given)) this.#wish(variant, missing, true);
  }

  disconnectedCallback() {
    for (const name of HEARD) this.removeEventListener(name, this);
  }

  handleEvent(event) {
    if (event.type === "submit") {
      event.preventDefault();
      const variant = new FormData(event.target).get("gift");
      if (variant !== null) this.#wish(variant, variant ? 1 : 0, false);
    } else {
      const { amountMinor, roundUp, cause } = event.detail;
      this.#wish(this.dataset.variant, amountMinor, roundUp, cause);
    }
  }

  /** One after the other; the page is shown anew after the last. */
  #wish(variant, quantity, rounds, cause) {
    const wish = ++this.#wishes;
    this.#work = this.#work.then(async () => {
      if (wish !== this.#wishes) return;
      try {
        const changed = await this.#put(variant, quantity, rounds, cause);
        if (changed && wish === this.#wishes) this.#showAnew();
      } catch (problem) {
        console.warn("perennial-cart-gift:", problem.message);
        this.#failed();
      }
    });
  }

  /** One line of this gift, whatever lines the cart holds; without a cause named, that of the cart. */
  async #put(variant, quantity, rounds, cause) {
    const { items } = await this.#send("cart.js");
    const lines = items.filter(({ properties }) => properties?.[GIFT]);
    const kept = quantity > 0 && lines.find(({ variant_id: id }) => String(id) === variant);
    const named = cause || lines[0]?.properties[GIFT] || this.dataset.cause || "1";
    const properties = { [GIFT]: named, ...(rounds && { [ROUNDED]: "1" }) };
    for (const { key } of lines.filter((line) => line !== kept)) await this.#send("cart/change.js", { id: key, quantity: 0 });
    if (kept) await this.#send("cart/change.js", { id: kept.key, quantity, properties });
    else if (quantity) await this.#send("cart/add.js", { items: [{ id: Number(variant), quantity, properties }] });
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

  #showAnew() {
    if (this.contains(document.activeElement)) sessionStorage.setItem(FOCUSED, "1");
    location.reload();
  }

  /** On what is chosen now, as soon as it is drawn; here, where nothing is asked any more. */
  #focus() {
    sessionStorage.removeItem(FOCUSED);
    const donation = this.querySelector("perennial-donation:not([hidden])");
    const take = () => {
      const root = donation?.shadowRoot ?? this;
      const chosen = root.querySelector("input:checked") ?? root.querySelector("input");
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

  #failed() {
    this.querySelector("perennial-donation")?.failed?.();
    const form = this.querySelector("form");
    if (!form) return;
    form.reset();
    form.querySelector("[role=status]").textContent = this.dataset.failed;
  }
}

if (!customElements.get("perennial-cart-gift")) customElements.define("perennial-cart-gift", PerennialCartGift);
