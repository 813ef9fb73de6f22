import { config, html, ltr, me, nothing, said, Widget } from "../kit.js";
import { history, rate } from "./history.js";
import { title, top } from "./top.js";

const CROSS = html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6 6 18" /></svg>`;

/**
 * <perennial-panel href join-href log-in-href tone>: the shopper's points, in a sheet.
 *
 * The loader gives it a launcher; nothing else is loaded before the tap, and nothing opens by itself.
 * Emits perennial-panel:opened.
 */
export default class PerennialPanel extends Widget {
  static styles = "panel";
  #view = { state: "loading", open: new Set(), section: "earn" };
  #signal;

  async start(signal) {
    this.#signal = signal;
    this.#paint();
    globalThis.addEventListener("online", () => this.#dialog.open && this.#load(), { signal });
    globalThis.addEventListener("offline", () => this.#dialog.open && this.#show({ offline: true }), { signal });
  }

  /** Show the sheet, move focus to its title, and ask for what it shows. */
  async open() {
    const problem = (await this.ready) && (await this.again());
    if (problem) throw problem; // the launcher is still a link
    if (!this.#dialog.open) this.#dialog.showModal();
    this.shadowRoot.querySelector("h2").focus();
    this.dispatchEvent(new CustomEvent("perennial-panel:opened", { bubbles: true, composed: true }));
    await this.#load();
  }

  get #dialog() {
    return this.shadowRoot.querySelector("dialog");
  }

  get #launcher() {
    return this.shadowRoot.querySelector("[part=launcher]");
  }

  async #load() {
    const { state, answer: older } = this.#view;
    this.#show({ problem: undefined, state: older ? state : "loading" });
    const known = config(this.#signal).catch(() => undefined); // the balance matters more
    try {
      const answer = await me(this.#signal);
      this.#show({ answer, config: await known, at: new Date(), offline: false, state: answer.member ? "member" : "guest" });
    } catch (problem) {
      if (this.#signal.aborted) return;
      const offline = navigator.onLine === false;
      this.#show({ problem, offline, config: await known, state: older ? state : "failed" });
    }
  }

  /** Back to the launcher, which now says the balance. */
  #leave = () => {
    const launcher = this.#launcher;
    const member = this.#view.answer?.member;
    if (member && launcher) launcher.querySelector("span").textContent = this.words.count("points", member.available);
    launcher?.focus();
  };

  #show(change) {
    this.#view = { ...this.#view, ...change };
    this.#paint();
  }

  #toggle = (id) => {
    const open = new Set(this.#view.open);
    if (!open.delete(id)) open.add(id);
    this.#show({ open });
  };

  #go(section) {
    this.#show({ section });
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.shadowRoot.getElementById(section)?.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  }

  /** The tab follows the reader: the last section whose start is in the upper half. */
  #follow = ({ currentTarget: body }) => {
    const middle = body.scrollTop + body.clientHeight / 2;
    const atEnd = body.scrollTop + body.clientHeight >= body.scrollHeight - 2;
    const sections = [...body.querySelectorAll("section[id]")];
    const here = atEnd ? sections.at(-1) : sections.findLast(({ offsetTop }) => offsetTop - body.offsetTop < middle);
    if (here && here.id !== this.#view.section) this.#show({ section: here.id });
  };

  #close = (event) => {
    if (event.target === this.#dialog || event.currentTarget !== this.#dialog) this.#dialog.close();
  };

  #paint() {
    const { words } = this;
    const view = this.#view;
    const doors = { join: this.getAttribute("join-href"), logIn: this.getAttribute("log-in-href") ?? this.getAttribute("href") };
    this.draw(html`<dialog part="panel" aria-labelledby="title" @click=${this.#close} @close=${this.#leave}>
      <div class="top" part="header">
        <div class="bar">
          <h2 id="title" tabindex="-1">${title(words, view)}</h2>
          <button class="cross" type="button" aria-label=${words.text("close")} @click=${this.#close}>${CROSS}</button>
        </div>
        ${top(words, view, doors)}
      </div>
      ${this.#tabs()}
      <div class="body" tabindex="0" @scroll=${this.#follow} role="region" aria-label=${words.text("your_club")} aria-busy=${view.state === "loading"}>
        ${this.#notice()} ${this.#sections()}
      </div>
    </dialog>`);
  }

  #tabs() {
    const { state, section, config: known } = this.#view;
    const tabs = { loading: ["earn", "history"], member: ["earn", "history"] }[state] ?? (known ? ["earn"] : []);
    const names = { earn: "earn_tab", history: "history" };
    return html`<nav aria-label=${this.words.text("sections")} ?hidden=${!tabs.length}><ul>
      ${tabs.map((id) => html`<li>
        <button type="button" aria-current=${section === id ? "true" : nothing} ?disabled=${state === "loading"} @click=${() => this.#go(id)}>${said(this.words, names[id])}</button>
      </li>`)}
    </ul></nav>`;
  }

  /** What to do about a failure, a code in small type; the head says it when there is nothing older to show. */
  #notice() {
    const { problem, offline, at, answer } = this.#view;
    const { words } = this;
    if (offline) {
      return answer ? html`<div class="notice" role="status"><p>${said(words, "offline", { time: words.time(at) })}</p></div>` : nothing;
    }
    if (!problem) return nothing;
    return html`<div class="notice">
      ${answer ? html`<p role="alert">${said(words, "failed")}</p>` : nothing}
      <p class="fine">${said(words, "code", { code: ltr(problem.code ?? problem.name) })}</p>
      <button class="btn" part="button" type="button" @click=${() => this.#load()}>${said(words, "try_again")}</button>
    </div>`;
  }

  #sections() {
    const { state, answer, config: known, open } = this.#view;
    const { words } = this;
    if (state === "loading") return html`<div class="bones" aria-hidden="true">${[1, 2, 3, 4].map(() => html`<i class="bone row"></i>`)}</div>`;
    const entries = answer?.history ?? [];
    return html`${known ? earning(words, known) : nothing}
    ${state === "member"
      ? html`<section id="history" part="section">
          <h3>${said(words, "history")}</h3>
          ${entries.length
            ? history({ words, config: known, entries, open, toggle: this.#toggle })
            : html`<p class="fine">${said(words, "history_empty")}</p>
                <button class="btn" part="button" type="button" @click=${this.#close}>${said(words, "keep_shopping")}</button>`}
        </section>`
      : nothing}`;
  }
}

function earning(words, known) {
  const { hold_days: days, award_on: on } = known.program;
  const [later, atOnce] = on === "completed" ? ["after_completed", "at_completed"] : ["after_paid", "at_paid"];
  return html`<section id="earn" part="section">
    <h3>${said(words, "earn_title")}</h3>
    <ul class="rows">
      <li class="way" part="row">
        <b>${said(words, "shop")}</b>
        <span class="fine">${said(words, days > 0 ? later : atOnce, { days })}</span>
        <span class="num rate">${said(words, "rate", rate(words, known, known.program))}</span>
      </li>
    </ul>
  </section>`;
}
