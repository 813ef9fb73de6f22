import { act, ask, config, declined, exponentOf, html, isSignedIn, own, remember, rememberNo, said, SILENT_DAYS, Widget } from "../kit.js";
import { choices } from "./choices.js";

const NO = "no-gift-at";
const NOTHING = "gift_nothing";

/**
 * <perennial-donation cart-total-minor currency cause chosen-minor choice tone>: a gift with the order, or not.
 *
 * The form the server put inside stays until this one can replace it; of its text what has `slot="ask"` stays for
 * good, unless there is a choice of causes: it is painted already, and what is painted twice comes late.
 *
 * Nothing is selected unless the cart already holds a gift (`chosen-minor`; `cart-total-minor` never includes it).
 * With `choice` the shopper may choose among the causes offered, `cause` being the one in the cart. A choice emits
 * perennial-donation:chosen {amountMinor, cause, roundUp}, 0 for "not this time"; the shop's script adds it
 * to the cart, where the server computes a round-up again, and calls `failed()` when that did not work.
 * What arrow keys pass is only looked at, until Space or a pointer chooses it.
 */
export class PerennialDonation extends Widget {
  static observedAttributes = ["cart-total-minor", "currency", "cause", "chosen-minor", "choice"];
  static styles = "donation";
  #known;
  #chosen;
  #wanted;
  #result = NOTHING;
  #walks;

  async start(signal) {
    const held = Number(this.getAttribute("chosen-minor"));
    if (!held && this.#result === NOTHING && declined(NO)) {
      this.hidden = true;
      return;
    }
    this.#known = await config(signal);
    if (this.hasAttribute("choice")) await this.#recall(signal);
    if (!this.#cause || !this.#options.length) return; // giving is off here: the server's text stays
    if (held > 0 && this.#result === NOTHING) {
      this.#chosen = this.#options.find(({ amountMinor }) => amountMinor === held) ?? { amountMinor: held, roundUp: false };
      this.#result = "gift_chosen";
    }
    if (this.#chosen?.roundUp) this.#roundAgain();
    this.keepHeight(signal);
    this.#paint();
  }

  /** The cause in the cart, else the one a member chose last. */
  async #recall(signal) {
    this.#wanted ??= this.getAttribute("cause") ?? (isSignedIn() ? (await ask("giving", signal)).cause : "");
  }

  /** The cart changed under a chosen round-up: the server rounds anew, and so do we. */
  #roundAgain() {
    this.#chosen = this.#options.find(({ roundUp }) => roundUp);
    if (!this.#chosen) this.#result = NOTHING;
  }

  /** The shop could not add the gift: say so and select nothing. */
  failed() {
    this.#chosen = undefined;
    this.#result = "gift_failed";
    this.#paint();
  }

  get #cause() {
    const { causes } = this.#known;
    const fixed = !this.hasAttribute("choice") && this.getAttribute("cause");
    return causes.find(({ key }) => key === (fixed || this.#wanted)) ?? (fixed ? undefined : causes[0]);
  }

  get #options() {
    return choices(this.#total, this.#known.donation);
  }

  get #total() {
    return Number(this.getAttribute("cart-total-minor"));
  }

  #money(minor) {
    const currency = this.getAttribute("currency") ?? this.#known.program.currency;
    return this.words.money(minor, currency, exponentOf(currency, this.#known));
  }

  #choose(choice) {
    this.#chosen = choice;
    this.#result = this.#walks ? NOTHING : choice.amountMinor ? "gift_chosen" : "gift_declined";
    this.#paint();
    if (this.#walks) {
      this.#walks = false;
      return;
    }
    if (choice.amountMinor) remember(NO, null);
    else rememberNo(NO);
    const detail = { ...choice, cause: this.#cause.key };
    this.dispatchEvent(new CustomEvent("perennial-donation:chosen", { bubbles: true, composed: true, detail }));
  }

  /** Another cause: for what is in the cart already, too. */
  #give({ target: { value } }) {
    this.#wanted = value;
    if (isSignedIn()) act("choose_cause", { cause: value }).catch(() => {}); // this order has it anyway
    if (this.#chosen?.amountMinor) this.#choose(this.#chosen);
    else this.#paint();
  }

  #paint() {
    const { words } = this;
    const { name } = this.#cause;
    const cause = own(name);
    this.draw(html`<div class="box" part="card">
      <fieldset aria-describedby="story">
        <legend class="sr">${said(words, "gift_for", { cause })}</legend>
        <div id="story">${this.#asked ? html`<slot name="ask"></slot>` : this.#question(cause)}</div>
        ${this.hasAttribute("choice") ? this.#causes() : ""}
        <div class="options" @keydown=${({ key }) => (this.#walks = key > "Arrow" && key < "B")}>
          ${this.#options.map((choice) =>
            this.#radio(
              choice,
              choice.roundUp
                ? said(words, "gift_round_up", { money: this.#money(this.#total + choice.amountMinor) })
                : said(words, "gift_give"),
            ),
          )}
          ${this.#radio({ amountMinor: 0, roundUp: false }, said(words, "gift_no"))}
        </div>
        <p class="fine said" role="status">${this.#said(cause)}</p>
      </fieldset>
    </div>`);
  }

  /** The server's own words stand where there is nothing to choose. */
  get #asked() {
    return !this.hasAttribute("choice") && this.querySelector("[slot=ask]");
  }

  #causes() {
    const { key: chosen } = this.#cause;
    return html`<select aria-label=${this.words.text("gift_whom")} @change=${(event) => this.#give(event)}>
      ${this.#known.causes.map(({ key, name }) => html`<option value=${key} .selected=${key === chosen}>${name}</option>`)}
    </select>`;
  }

  #question(cause) {
    const { words } = this;
    const { story } = this.#cause;
    const kept = this.#known.donation.share_kept_percent;
    const share = kept > 0 ? said(words, "gift_kept", { percent: words.percent(kept) }) : said(words, "gift_all");
    return html`<h2>${said(words, "gift_ask", { cause })}</h2>
      <p class="fine">${story ? html`<bdi>${story}</bdi> ` : ""}${share} ${said(words, "gift_giver")}</p>`;
  }

  #radio(choice, label) {
    const { amountMinor, roundUp } = choice;
    const isChosen = this.#chosen?.amountMinor === amountMinor && this.#chosen.roundUp === roundUp;
    return html`<label>
      <input type="radio" name="gift" .checked=${isChosen} @click=${() => this.#choose(choice)} />
      <span>${label}</span>${amountMinor ? html`<b class="num"><bdi dir="ltr">${this.#money(amountMinor).text}</bdi></b>` : ""}
    </label>`;
  }

  #said(cause) {
    const money = this.#chosen && this.#money(this.#chosen.amountMinor);
    return said(this.words, this.#result, { money, cause, n: this.words.number(SILENT_DAYS) });
  }
}
