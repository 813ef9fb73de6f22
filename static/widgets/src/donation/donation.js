import { act, ask, config, declined, html, isSignedIn, own, remember, rememberNo, said, SILENT_DAYS, Widget } from "../kit.js";
import { choices } from "./choices.js";

const NO = "no-gift-at";
const NOTHING = "gift_nothing";
const NONE = { amountMinor: 0, roundUp: false };
const SHOWN = 4; // side by side on a phone

/**
 * <perennial-donation cart-total-minor currency cause chosen-minor choice piece-minor tone>: a gift with the order, or not.
 *
 * The form the server put inside stays until this one can replace it; of its text what has `slot="ask"` stays for
 * good: it is painted already, and what is painted twice comes late.
 * However many amounts there are, what is drawn at first is two rows: the rest is behind "Other".
 *
 * What the cart holds can always be taken out, also when nothing is asked any more or its cause is not.
 *
 * Nothing is selected unless the cart already holds a gift (`chosen-minor`; `cart-total-minor` never includes it).
 * With `choice` the shopper may choose among the causes offered, `cause` being the one in the cart, by its key or as
 * its line names it. A choice emits perennial-donation:chosen {amountMinor, cause, roundUp, stepMinor}, 0 for "not this
 * time" and `cause` what the line has to name; the shop's script adds it to the cart, where the server computes a
 * round-up again, and calls `failed()` when that did not work.
 * They are buttons, because arrow keys choose radio buttons that somebody only passes.
 */
export class PerennialDonation extends Widget {
  static observedAttributes = ["cart-total-minor", "currency", "cause", "chosen-minor", "choice"];
  static styles = "donation";
  #known;
  #chosen;
  #wanted;
  #result = NOTHING;
  #held = 0; // in the cart, as last told
  #own; // draws the field for an amount of one's own, once asked for

  async start(signal) {
    const held = Number(this.getAttribute("chosen-minor"));
    if (!held && this.#result === NOTHING && declined(NO)) {
      this.hidden = true;
      return;
    }
    this.#known = await config(signal);
    if (this.hasAttribute("choice")) await this.#recall(signal);
    if (!held && !this.#isAsked) {
      this.leave(signal); // giving is off here
      return;
    }
    if (held !== this.#held) this.#take((this.#held = held));
    if (this.#chosen?.roundUp) this.#roundAgain();
    this.keepHeight(signal);
    this.#paint();
  }

  /** The cart holds another gift than it did. */
  #take(held) {
    if (held === (this.#chosen?.amountMinor ?? 0)) return; // as chosen here
    this.#chosen = held ? this.#options.find(({ amountMinor }) => amountMinor === held) ?? { amountMinor: held } : undefined;
    this.#result = held ? "gift_chosen" : NOTHING;
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

  /** The shop could not add the gift: say so, and select what the cart holds still. */
  failed() {
    this.#chosen = undefined;
    this.#take(this.#held);
    this.#result = "gift_failed";
    this.#paint();
  }

  /** Those that a gift like the chosen one can go to. */
  get #causes() {
    const way = this.#chosen?.amountMinor && wayOf(this.#chosen);
    return this.#known.causes.filter(({ ways }) => (way ? ways[way] : ways.add_on ?? ways.round_up));
  }

  get #cause() {
    if (this.#known.donation?.currency !== this.getAttribute("currency")) return undefined;
    const fixed = !this.hasAttribute("choice") && this.getAttribute("cause");
    const key = (fixed || this.#wanted || "").split("@")[0];
    return this.#causes.find((cause) => cause.key === key) ?? (fixed || (key && this.#held) ? undefined : this.#causes[0]);
  }

  get #options() {
    return this.#cause ? choices(Number(this.getAttribute("cart-total-minor")), this.#known.donation, this.#cause.ways, this.#piece) : [];
  }

  get #piece() {
    return Number(this.getAttribute("piece-minor") ?? 1);
  }

  get #hasOwn() {
    return this.#cause?.ways.add_on && this.#known.donation.most_minor > 0;
  }

  get #isAsked() {
    return this.#hasOwn || this.#options.length;
  }

  #money = (minor) => this.words.money(minor, this.getAttribute("currency"), this.#known.currency_exponent);

  #choose(choice) {
    this.#chosen = choice;
    this.#result = choice.amountMinor ? "gift_chosen" : "gift_declined";
    this.#paint();
    if (choice.amountMinor) remember(NO, null);
    else rememberNo(NO);
    const { key, ways } = this.#cause ?? {};
    const detail = { ...choice, cause: (choice.amountMinor && ways[wayOf(choice)]) || key, stepMinor: this.#known.donation?.round_up_to_minor };
    this.dispatchEvent(new CustomEvent("perennial-donation:chosen", { bubbles: true, composed: true, detail }));
  }

  /** Another cause: for what is in the cart already, too. */
  #give({ target: { value } }) {
    this.#wanted = value;
    if (isSignedIn()) act("choose_cause", { cause: value }).catch(() => {}); // this order has it anyway
    if (this.#chosen?.amountMinor) this.#choose(this.#chosen);
    else this.#paint();
  }

  /** What has no room at first. */
  async #open() {
    this.#own = (await import("./own.js")).ownAmount;
    this.#paint();
    this.shadowRoot.querySelector("#own")?.focus();
  }

  #paint() {
    const { words } = this;
    const cause = own(this.#cause?.name);
    const status = html`<p class="fine said" role="status">${this.#said(cause)}</p>`;
    if (!this.#isAsked) {
      this.draw(html`<div class="box" part="card">${status}<div class="ways">${this.#way(NONE)}</div></div>`);
      return;
    }
    const given = this.#options.filter(({ roundUp }) => !roundUp);
    const isLong = this.#hasOwn || given.length > SHOWN;
    const cut = isLong && !this.#own ? SHOWN - 1 : given.length;
    this.draw(html`<div class="box" part="card">
      <fieldset aria-describedby="story">
        <legend class="sr">${said(words, "gift_for", { cause })}</legend>
        <div id="story">${this.querySelector("[slot=ask]") ? html`<slot name="ask"></slot>` : this.#question(cause)}</div>
        ${this.hasAttribute("choice") && this.#causes.length > 1 ? this.#select() : ""}
        <div class="ways">
          ${given.slice(0, cut).map((choice) => this.#way(choice))}
          ${isLong ? html`<button class="way more" aria-expanded=${!!this.#own} @click=${() => this.#open()}>${words.text("gift_other")}</button>` : ""}
        </div>
        ${this.#own && this.#hasOwn ? this.#own(this.#known.donation, words, this.#money, this.#piece, (amountMinor) => this.#choose({ amountMinor, roundUp: false })) : ""}
        <div class="ways">
          ${this.#options.filter(({ roundUp }) => roundUp).map((choice) => this.#way(choice))}
          ${this.#way(NONE)}
        </div>
        ${status}
        <details class="fine"><summary>${words.text("gift_terms")}</summary>${this.#known.donation.said}</details>
      </fieldset>
    </div>`);
  }

  #select() {
    const { key: chosen } = this.#cause;
    return html`<select aria-label=${this.words.text("gift_whom")} @change=${(event) => this.#give(event)}>
      ${this.#causes.map(({ key, name }) => html`<option value=${key} .selected=${key === chosen}>${name}</option>`)}
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

  #way(choice) {
    const { amountMinor, roundUp } = choice;
    const label = roundUp ? this.words.text("gift_round_up") : amountMinor ? "" : this.words.text("gift_no");
    const isChosen = this.#chosen?.amountMinor === amountMinor && this.#chosen.roundUp === roundUp;
    return html`<button class="way" aria-pressed=${isChosen} @click=${() => this.#choose(choice)}>
      ${label} ${amountMinor ? html`<b class="num"><bdi dir="ltr">${this.#money(amountMinor).text}</bdi></b>` : ""}
    </button>`;
  }

  #said(cause) {
    const money = this.#chosen && this.#money(this.#chosen.amountMinor);
    const result = this.#result === "gift_chosen" && !this.#isAsked ? "gift_held" : this.#result;
    return said(this.words, result, { money, cause, n: this.words.number(SILENT_DAYS) });
  }
}

const wayOf = ({ roundUp }) => (roundUp ? "round_up" : "add_on");
