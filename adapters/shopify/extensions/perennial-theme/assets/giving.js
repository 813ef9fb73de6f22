/**
 * <perennial-cart-gift>: puts the gift a shopper chose into the cart, by the Ajax cart, and shows the page
 * anew. Nothing is chosen for anybody.
 *
 * With data-variant, a piece of that variant is one smallest unit of money and the quantity is the amount;
 * without it the form inside offers one variant an amount. A rounded-up gift is rounded again when the
 * cart changed under it.
 */
const GIFT = "_perennial_donation";
const ROUNDED = "_perennial_round_up";
const WHOLE = 100; // the Ajax cart counts a whole unit of any currency as a hundred

export class PerennialCartGift extends HTMLElement {
  #work = Promise.resolve();
  #wishes = 0;

  connectedCallback() {
    this.addEventListener("perennial-donation:chosen", this);
    this.addEventListener("change", this);
    const { before, given } = this.dataset;
    if (before === undefined) return;
    const missing = (WHOLE - (Number(before) % WHOLE)) % WHOLE;
    if (missing !== Number(given)) this.#wish(this.dataset.variant, missing, true);
  }

  disconnectedCallback() {
    this.removeEventListener("perennial-donation:chosen", this);
    this.removeEventListener("change", this);
  }

  handleEvent({ type, detail, target }) {
    if (type === "change") {
      if (target.name === "gift") this.#wish(target.value, target.value ? 1 : 0, false);
    } else {
      this.#wish(this.dataset.variant, detail.amountMinor, detail.roundUp, detail.cause);
    }
  }

  /** One after the other; the page is shown anew after the last. */
  #wish(variant, quantity, rounds, cause = this.dataset.cause) {
    const wish = ++this.#wishes;
    this.#work = this.#work.then(async () => {
      if (wish !== this.#wishes) return;
      try {
        await this.#put(variant, quantity, { [GIFT]: cause || "1", ...(rounds && { [ROUNDED]: "1" }) });
        if (wish === this.#wishes) location.reload();
      } catch (problem) {
        console.warn("perennial-cart-gift:", problem.message);
        this.#failed();
      }
    });
  }

  async #put(variant, quantity, properties) {
    const { line } = this.dataset;
    if (line && variant && variant === this.dataset.variant) {
      await this.#send("change", { id: line, quantity, properties });
      return;
    }
    if (line) {
      await this.#send("change", { id: line, quantity: 0 });
      delete this.dataset.line;
    }
    if (quantity) await this.#send("add", { items: [{ id: Number(variant), quantity, properties }] });
  }

  async #send(name, body) {
    const root = this.dataset.root.replace(/\/?$/, "/");
    const response = await fetch(`${root}cart/${name}.js`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`cart/${name}.js: HTTP ${response.status}`);
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
