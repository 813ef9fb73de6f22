import { html, read, Widget } from "../kit.js";

/**
 * <perennial-badge product>: what this product earns. Keeps its height and says nothing when that is
 * nothing or unknown. Emits perennial-badge:loaded {points}.
 */
export class PerennialBadge extends Widget {
  static observedAttributes = ["product"];
  static styles = "badge";

  async start(signal) {
    const product = this.getAttribute("product");
    if (!product) return;
    const { points, said } = await read(`badge?product=${encodeURIComponent(product)}`, signal);
    const [before, strong, after] = said ?? [];
    this.draw(html`<p class="badge" part="badge" ?data-empty=${!said}><span>${before}<b>${strong}</b>${after}</span></p>`);
    this.dispatchEvent(new CustomEvent("perennial-badge:loaded", { bubbles: true, composed: true, detail: { points } }));
  }
}
