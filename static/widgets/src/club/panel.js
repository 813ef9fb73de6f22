import { html } from "../kit.js";
import { PerennialClub } from "./club.js";

const CROSS = html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6 6 18" /></svg>`;

/**
 * <perennial-panel href join-href log-in-href tone>: the same in a sheet.
 *
 * The loader gives it a launcher; nothing else is loaded before the tap, and nothing opens by itself.
 * Emits perennial-panel:opened.
 */
export class PerennialPanel extends PerennialClub {
  /** Show the sheet, move focus to its title, and ask for what it shows. */
  async open() {
    const problem = (await this.ready) && (await this.again());
    if (problem) throw problem; // the launcher is still a link
    if (!this.isShown) this.#dialog.showModal();
    this.part("title").focus();
    this.dispatchEvent(new CustomEvent("perennial-panel:opened", { bubbles: true, composed: true }));
    await this.load();
  }

  get #dialog() {
    return this.shadowRoot.querySelector("dialog");
  }

  get isShown() {
    return this.#dialog.open;
  }

  /** Back to the launcher, which now says the balance. */
  #leave = () => {
    const launcher = this.shadowRoot.querySelector("[part=launcher]");
    const balance = this.view.told?.head.launcher;
    if (balance && launcher) launcher.querySelector("span").textContent = balance;
    launcher?.focus();
  };

  #close = (event) => {
    if (event.target === this.#dialog || event.currentTarget !== this.#dialog) this.#dialog.close();
  };

  paint() {
    const cross = html`<button class="cross" type="button" aria-label=${this.words.text("close")} @click=${this.#close}>${CROSS}</button>`;
    this.draw(html`<dialog part="panel" aria-labelledby="title" @click=${this.#close} @close=${this.#leave}>${this.inside(cross)}</dialog>`);
  }
}
