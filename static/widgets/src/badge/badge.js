import { html, read, said, Widget } from "../kit.js";

/**
 * <perennial-badge product>: what this product earns. Keeps its height and says nothing when that is
 * nothing or unknown. Emits perennial-badge:loaded {points}.
 */
export default class PerennialBadge extends Widget {
  static observedAttributes = ["product"];
  static styles = "badge";

  async start(signal) {
    const product = this.getAttribute("product");
    if (!product) return;
    const { points } = await read(`badge?product=${encodeURIComponent(product)}`, signal);
    this.draw(
      html`<p class="badge" part="badge" ?data-empty=${!(points > 0)}>
        <span>${points > 0 ? said(this.words, "earn", { points }, "points") : ""}</span>
      </p>`,
    );
    this.dispatchEvent(new CustomEvent("perennial-badge:loaded", { bubbles: true, composed: true, detail: { points } }));
  }
}
