import { ask, html, Widget } from "../kit.js";

/**
 * <perennial-tasks product>: up to three things to do on a product's page and what they earn; nothing when
 * there are none, and then its place goes once out of sight.
 */
export class PerennialTasks extends Widget {
  static observedAttributes = ["product"];
  static styles = "tasks";

  async start(signal) {
    const product = this.getAttribute("product") ?? "";
    const { title, items = [] } = await ask(`tasks?product=${encodeURIComponent(product)}`, signal).catch((problem) => {
      this.leave(signal);
      throw problem;
    });
    if (!items.length) {
      this.leave(signal);
      return;
    }
    this.keepHeight(signal); // of three
    this.draw(html`<section class="box" part="card" aria-labelledby="title">
      <h2 id="title">${title}</h2>
      <ul>${items.map(({ title: text, value, href }) => html`<li part="row">
        ${href ? html`<a href=${href}>${text}</a>` : html`<span>${text}</span>`} ${value ? html`<b class="num">${value}</b>` : ""}
      </li>`)}</ul>
    </section>`);
  }
}
