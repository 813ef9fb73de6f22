import { html, read, Widget } from "../kit.js";

/**
 * <perennial-goal campaign tone>: how far a campaign has come, and what of it has arrived.
 *
 * The shop's newest without `campaign`. What is given and cannot be taken back fills the stem, what has reached a
 * cause fills it in the accent's full colour, and what orders may still change is told in words alone.
 */
export class PerennialGoal extends Widget {
  static observedAttributes = ["campaign"];
  static styles = "goal";

  async start(signal) {
    const { campaigns } = await read("goals", signal);
    const wanted = this.getAttribute("campaign");
    const goal = wanted ? campaigns.find(({ key }) => key === wanted) : campaigns[0];
    if (!goal) {
      this.leave(signal);
      return;
    }
    this.keepHeight(signal);
    const { name, story, said, state, percent, paid_percent: paid, lines, url, more } = goal;
    this.draw(html`<section class="box" part="card" aria-labelledby="name">
      <h2 id="name"><bdi>${name}</bdi></h2>
      ${story ? html`<p class="fine"><bdi>${story}</bdi></p>` : ""}
      <p class="sum">${said}</p>
      <div class="stem" part="stem" role="progressbar" aria-labelledby="name" aria-valuenow=${percent} aria-valuetext=${said}
        data-state=${state} .style=${`--at:${percent}%;--paid:${paid}%`}><i></i><i></i><b></b></div>
      ${lines.map((line) => html`<p class="fine">${line}</p>`)}
      <p class="fine"><a href=${url}>${more}</a></p>
    </section>`);
  }
}
