import { address, html, read, Widget } from "../kit.js";

const TRIES = 6; // about a minute: each waits twice as long as the one before

/**
 * <perennial-goal campaign order tone>: how far a campaign has come, and what of it has arrived.
 *
 * The shop's newest without `campaign`. What is given and cannot be taken back fills the stem, what has reached a
 * cause fills it in the accent's full colour, and what orders may still change is told in words alone. On the page of an
 * order, whose token `order` is, what the shop gives for it stands below.
 */
export class PerennialGoal extends Widget {
  static observedAttributes = ["campaign"];
  static styles = "goal";

  async start(signal) {
    const { campaigns } = await read("goals", signal);
    const wanted = this.getAttribute("campaign");
    const goal = wanted ? campaigns.find(({ key }) => key === wanted) : campaigns[0];
    const order = this.getAttribute("order");
    if (goal) {
      this.keepHeight(signal);
      this.#show(goal, order ? [] : undefined);
    }
    const said = order ? await given(order, signal) : [];
    if (said.length) this.#show(goal, said);
    else if (!goal) this.leave(signal);
  }

  #show(goal, said) {
    const given = said && html`<div class="given" role="status">${said.map((sentence) => html`<p>${sentence}</p>`)}</div>`;
    this.draw(html`${goal && box(goal)}${given}`);
  }
}

const box = ({ name, story, said, state, percent, paid_percent: paid, lines, url, more }) => html`<section class="box" part="card" aria-labelledby="name">
  <h2 id="name"><bdi>${name}</bdi></h2>
  ${story ? html`<p class="fine"><bdi>${story}</bdi></p>` : ""}
  <p class="sum">${said}</p>
  <div class="stem" part="stem" role="progressbar" aria-labelledby="name" aria-valuenow=${percent} aria-valuetext=${said}
    data-state=${state} .style=${`--at:${percent}%;--paid:${paid}%`}><i></i><i></i><b></b></div>
  ${lines.map((line) => html`<p class="fine">${line}</p>`)}
  <p class="fine"><a href=${url}>${more}</a></p>
</section>`;

/** What the shop gives for an order, which takes a moment to reach the service. */
async function given(order, signal) {
  const headers = { Authorization: `Bearer ${order}` };
  for (let tried = 0; tried < TRIES; tried += 1) {
    const response = await fetch(address("order"), { headers, signal });
    if (!response.ok) throw new Error(`http_${response.status}`);
    const { said, again_ms: again } = await response.json();
    if (!again) return said;
    await new Promise((go) => setTimeout(go, again * 2 ** tried));
  }
  return [];
}
