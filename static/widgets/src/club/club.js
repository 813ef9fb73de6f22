import { act, ask, declined, html, ltr, recall, remember, rememberNo, said, Widget } from "../kit.js";
import { bodyOf, head, section } from "./blocks.js";

const MOST_ASKED = 8;

/**
 * <perennial-club only join-href log-in-href tone>: a shopper's club as a page: what the server tells, and its acts.
 *
 * `only` names what to tell of it ("rewards"); then it has no head, and goes once out of sight
 * when there is nothing to tell.
 */
export class PerennialClub extends Widget {
  static styles = "club";
  view = { open: new Set() };
  #asked = 0;

  async start(signal) {
    this.signal = signal;
    addEventListener("online", () => this.isShown && this.load(), { signal });
    addEventListener("offline", () => this.show({ offline: true }), { signal });
    this.paint();
    if (this.isShown) await this.load();
  }

  get isShown() {
    return true;
  }

  get #only() {
    return this.getAttribute("only") ?? "";
  }

  part(id) {
    return this.shadowRoot.getElementById(id);
  }

  show(change) {
    this.view = { ...this.view, ...change };
    this.paint();
  }

  async load() {
    const { signal } = this;
    this.show({ problem: undefined });
    try {
      const told = await ask(`club?${new URLSearchParams({ ref: recall("ref") ?? "", claim: recall("claim") ?? "", only: this.#only })}`, signal);
      this.show({ told, at: new Date(), offline: false });
      if (told.again_ms && this.#asked < MOST_ASKED) {
        this.#asked += 1;
        setTimeout(() => this.isShown && !signal.aborted && this.load(), told.again_ms * this.#asked);
      }
    } catch (problem) {
      if (!signal.aborted) this.show({ problem, offline: navigator.onLine === false });
    }
  }

  /** Where the shop lets people join or log in; its mount says. */
  door(name) {
    return this.getAttribute(`${name}-href`) ?? this.getAttribute("href");
  }

  /** Ask first where the act asks; remember a no; else do it. */
  press(wish, key) {
    const { busy, offline } = this.view;
    if (busy || offline) return;
    if (wish.no) {
      rememberNo(wish.no);
      this.show({ said: wish.done });
      this.#keepFocus(key);
    } else if (wish.ask) {
      this.show({ asking: key, said: undefined });
      this.part(`${key}-yes`)?.focus();
    } else this.#carryOut(wish, wish.body, key);
  }

  send(event, wish, key) {
    event.preventDefault();
    const { busy, offline } = this.view;
    if (!busy && !offline) this.#carryOut(wish, bodyOf(wish, event.target.elements), key);
  }

  stop() {
    const key = this.view.asking;
    this.show({ asking: undefined });
    this.part(key)?.focus();
  }

  async #carryOut({ name, done }, body, key) {
    this.show({ busy: true, said: undefined, code: undefined });
    this.#asked = 0;
    try {
      const { claim, sentence } = await act(name, body);
      if (claim) remember("claim", claim);
      await this.load();
      this.show({ said: done ?? sentence });
    } catch (problem) {
      const code = problem.code ?? problem.name;
      this.show({ said: this.view.told.says[code] ?? said(this.words, "failed"), code });
    }
    this.show({ busy: false, asking: undefined });
    this.#keepFocus(key);
  }

  /** What had the focus may be gone: then its section's title has it. */
  #keepFocus(key) {
    if (this.shadowRoot.activeElement) return;
    (this.part(key.replace("-yes", "")) ?? this.part(`t-${key.split("-")[0]}`) ?? this.part("title"))?.focus();
  }

  toggle(key) {
    const open = new Set(this.view.open);
    if (!open.delete(key)) open.add(key);
    this.show({ open });
  }

  async copy(text) {
    await navigator.clipboard.writeText(text);
    this.show({ said: said(this.words, "copied"), code: undefined });
  }

  async share(share) {
    const { url, text } = share;
    await navigator.share({ url, text }).then(() => this.shared(share), () => {}); // closing the sheet is no error
  }

  /** Shares are counted, and a count is worth no error. */
  shared({ act: told }) {
    if (told) act(told.name, told.body).catch(() => {});
  }

  paint() {
    if (this.#only && this.view.told && !this.#sections.length) this.leave(this.signal);
    else this.draw(html`<div class="page" part="panel">${this.#only ? this.#body() : this.inside()}</div>`);
  }

  inside(close) {
    const { words, view } = this;
    const { told } = view;
    return html`<div class="top" part="header">
        <div class="bar"><h2 id="title" tabindex="-1">${told ? told.head.title : said(words, "your_points")}</h2>${close}</div>
        ${told ? head(this, told.head) : this.#waiting()}
      </div>
      ${told ? html`${this.#tabs()}${this.#body()}` : this.#body()}`;
  }

  /** Drawn anew below the tabs when they come: what is new cannot have moved. */
  #body() {
    const { words, view } = this;
    const isWaiting = !view.told && !view.problem;
    return html`<div class="body" tabindex="0" @scroll=${this.#follow} role="region" aria-label=${words.text("your_club")} aria-busy=${isWaiting}>
      ${this.#notice()} ${this.#sections.map((block) => section(this, block))}
      ${isWaiting ? html`<div class="bones" aria-hidden="true">${Array(4).fill(html`<i class="bone line"></i>`)}</div>` : ""}
      <div role="status">${view.said ? html`<p class="said">${view.said} <small>${view.code && said(words, "code", { code: ltr(view.code) })}</small></p>` : ""}</div>
    </div>`;
  }

  get #sections() {
    return (this.view.told?.sections ?? []).filter(({ acts }) => !acts?.some(({ no }) => no && declined(no)));
  }

  /** Same height as a member's head: slow networks and failures move nothing. */
  #waiting() {
    const { problem, offline } = this.view;
    if (problem) return html`<p class="invite" role="alert">${said(this.words, offline ? "offline_empty" : "failed")}</p>`;
    return html`<p class="balance" aria-hidden="true"><i class="bone"></i></p>
      <p class="soft" aria-hidden="true"><i class="bone small"></i></p>
      <p class="sr" role="status">${said(this.words, "loading")}</p>`;
  }

  #tabs() {
    const tabs = this.#sections.filter(({ tab }) => tab);
    const here = tabs.some(({ id }) => id === this.view.tab) ? this.view.tab : tabs[0]?.id;
    return html`<nav aria-label=${this.words.text("sections")} ?hidden=${!tabs.length}><ul>
      ${tabs.map(({ id, tab }) => html`<li><button aria-current=${id === here} @click=${() => this.#go(id)}>${tab}</button></li>`)}
    </ul></nav>`;
  }

  #go(tab) {
    this.show({ tab });
    this.part(tab)?.scrollIntoView();
  }

  /** The tab follows the reader: the last section whose start is in the upper quarter. */
  #follow = ({ currentTarget: body }) => {
    const upper = body.scrollTop + body.clientHeight / 4;
    const atEnd = body.scrollTop + body.clientHeight >= body.scrollHeight - 2;
    const sections = [...body.querySelectorAll("section")];
    const here = atEnd ? sections.at(-1) : sections.findLast(({ offsetTop }) => offsetTop - body.offsetTop < upper);
    if (here && here.id !== this.view.tab) this.show({ tab: here.id });
  };

  /** What to do about a failure, a code in small type; the head says it when there is nothing older to show. */
  #notice() {
    const { problem, offline, at, told } = this.view;
    const { words } = this;
    if (offline) {
      return told ? html`<div class="notice" role="status"><p>${said(words, "offline", { time: words.time(at) })}</p></div>` : "";
    }
    if (!problem) return "";
    return html`<div class="notice">
      ${told ? html`<p role="alert">${said(words, "failed")}</p>` : ""}
      <p class="fine">${said(words, "code", { code: ltr(problem.code ?? problem.name) })}</p>
      <button class="btn" part="button" @click=${() => this.load()}>${said(words, "try_again")}</button>
    </div>`;
  }
}
