import { render } from "lit-html";
import { catalogue, sheet } from "./files.js";
import { language } from "./requests.js";
import { settleTone } from "./tone.js";
import { catalogueFor, Words } from "./words.js";

let words;

async function speak() {
  words ??= new Words(await catalogue(catalogueFor(language())), language());
  return words;
}

/**
 * A custom element with a shadow root, the shopper's words and the shop's colours.
 *
 * Subclasses name their stylesheet in `static styles` and write `start(signal)`, which draws; it runs again when an observed
 * attribute changes, and `signal` ends with the element or with the next run. `early` is what needs neither words nor
 * styles, and runs while they come. What `start` refuses with is logged and the server's own text stays.
 */
export class Widget extends HTMLElement {
  #run = new AbortController();
  #frame;
  #sheets;

  connectedCallback() {
    this.ready = this.#begin();
  }

  /** Begin once more after a failure; like `ready`, a promise of the problem, or of nothing. */
  again() {
    this.connectedCallback();
    return this.ready;
  }

  disconnectedCallback() {
    this.#run.abort();
  }

  attributeChangedCallback(_name, before, after) {
    if (this.isConnected && before !== after) this.ready = this.#begin();
  }

  async #begin() {
    this.#run.abort();
    const { signal } = (this.#run = new AbortController());
    try {
      this.early?.(signal);
      [this.words, ...this.#sheets] = await Promise.all([speak(), sheet("base"), sheet(this.constructor.styles)]);
      if (!signal.aborted) await this.start(signal);
    } catch (problem) {
      if (signal.aborted) return undefined;
      console.warn(`${this.localName}:`, problem.message);
      this.dataset.drawn = ""; // mount.css gives its room back
      return problem;
    }
    return undefined;
  }

  /** Render into the shadow root; the first drawing replaces whatever text the server put inside. */
  draw(template) {
    if (!this.#frame) {
      const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, ...this.#sheets]; // the launcher has its own
      this.#frame = document.createElement("div");
      this.#frame.className = "perennial";
      root.append(this.#frame);
      this.#frame.lang = this.words.lang;
      this.#frame.dir = this.words.dir;
      settleTone(this, this.#frame);
      this.dataset.drawn = "";
    }
    render(template, this.#frame);
  }

  /** What comes smaller than its place must not pull the page up; a turned screen lays out anew. */
  keepHeight(signal) {
    this.style.minBlockSize = `${this.offsetHeight}px`;
    addEventListener("resize", () => (this.style.minBlockSize = ""), { signal });
  }

  /** Nothing to show: give the place back once all of it is below what is seen, so that nothing seen moves. */
  leave(signal) {
    this.keepHeight(signal);
    this.draw("");
    const seen = new IntersectionObserver(() => {
      if (this.getBoundingClientRect().top < innerHeight) return; // what was observed may be over
      seen.disconnect();
      this.style.minBlockSize = "";
      this.hidden = true;
    });
    seen.observe(this);
    signal.addEventListener("abort", () => seen.disconnect());
  }
}
