/**
 * Inside the sandbox of one extension: the platform's global and its components, as near to the real ones as
 * the app's extensions can tell. The page around answers what is asked (extensions.js).
 */
const told = JSON.parse(document.getElementById("told").textContent);
document.body.replaceChildren();

class Signal {
  #heard = new Set();
  #value;
  constructor(value) { this.#value = value; }
  get value() { return this.#value; }
  set value(next) {
    this.#value = next;
    for (const listener of this.#heard) listener(next);
  }
  subscribe(listener) {
    this.#heard.add(listener);
    return () => this.#heard.delete(listener);
  }
}

const waiting = new Map();
let asked = 0;
const ask = (what, given) =>
  new Promise((resolve) => {
    waiting.set(++asked, resolve);
    parent.postMessage({ id: asked, ask: what, given }, "*");
  });

const { state } = told;
const lines = new Signal(state.lines);
const codes = new Signal(state.codes);
const cost = { totalAmount: new Signal(state.total), subtotalAmount: new Signal(state.subtotal) };
addEventListener("message", ({ source, data }) => {
  if (source !== parent || !waiting.has(data.id)) return;
  if (data.state) {
    lines.value = data.state.lines;
    codes.value = data.state.codes;
    cost.totalAmount.value = data.state.total;
    cost.subtotalAmount.value = data.state.subtotal;
  }
  waiting.get(data.id)(data.answer);
  waiting.delete(data.id);
});

globalThis.shopify = {
  extension: { target: told.target },
  lines,
  cost,
  discountCodes: codes,
  attributes: new Signal(state.attributes),
  order: new Signal(state.order),
  orderConfirmation: new Signal({ order: state.order, isFirstOrder: false }),
  settings: new Signal(state.settings),
  instructions: new Signal({
    lines: { canAddCartLine: true, canRemoveCartLine: true, canUpdateCartLine: true },
    discounts: { canUpdateDiscountCodes: true },
  }),
  localization: { language: new Signal({ isoCode: told.language }) },
  i18n: {
    translate: (key, values = {}) => (told.words[key] ?? key).replace(/\{\{(\w+)\}\}/g, (_, name) => values[name]),
    formatCurrency: (amount, options) =>
      new Intl.NumberFormat(told.language === "ar" ? "ar-AE-u-nu-latn" : told.language, { style: "currency", ...options }).format(amount),
  },
  storage: {
    read: (key) => ask("recall", { key }),
    write: (key, data) => ask("keep", { key, data }),
    delete: (key) => ask("keep", { key, data: null }),
  },
  sessionToken: { get: () => ask("token") },
  applyCartLinesChange: (wanted) => ask("lines", wanted),
  applyDiscountCodeChange: (wanted) => ask("code", wanted),
  query: async () => ({ data: { node: { price: { amount: state.gift_price, currencyCode: state.total.currencyCode } } } }),
};

/** A component whose properties are also its attributes. */
class Plain extends HTMLElement {
  static names = [];
  static {
    for (const name of ["heading", "tone", "color", "direction", "gap", "src", "href"]) this.names.push(name);
  }
}
for (const name of Plain.names) {
  Object.defineProperty(Plain.prototype, name, {
    get() { return this.getAttribute(name) ?? ""; },
    set(value) {
      this.setAttribute(name, value);
      this.drawn?.();
    },
  });
}

class Headed extends Plain {
  connectedCallback() {
    if (!this.shadowRoot) this.attachShadow({ mode: "open" }).innerHTML = `<style>h2{font-size:17px;margin:0 0 8px}</style><h2></h2><slot></slot>`;
    this.drawn();
  }
  drawn() {
    const title = this.shadowRoot?.querySelector("h2");
    if (title) title.textContent = this.heading;
  }
}

class Said extends Plain {
  connectedCallback() { this.setAttribute("role", "status"); }
}

class Press extends HTMLElement {
  #button = Object.assign(document.createElement("button"), { type: "button" });
  constructor() {
    super();
    const style = `<style>button{font:inherit;min-block-size:44px;padding-inline:14px;border:1px solid #1e6b4f;border-radius:6px;background:#fff;color:#1e6b4f;cursor:pointer}button:disabled{opacity:.5}</style>`;
    this.attachShadow({ mode: "open", delegatesFocus: true }).innerHTML = style;
    this.#button.append(document.createElement("slot"));
    this.shadowRoot.append(this.#button);
  }
  set disabled(value) { this.#button.disabled = Boolean(value); }
  get disabled() { return this.#button.disabled; }
  set loading(value) { this.#button.setAttribute("aria-busy", String(Boolean(value))); }
  get loading() { return this.#button.getAttribute("aria-busy") === "true"; }
}

class Choice extends HTMLElement {
  #input = Object.assign(document.createElement("input"), { type: "radio", name: "choice" });
  constructor() {
    super();
    this.attachShadow({ mode: "open", delegatesFocus: true }).innerHTML =
      `<style>label{display:flex;gap:10px;align-items:center;min-block-size:44px;cursor:pointer}input{inline-size:20px;block-size:20px;margin:0;accent-color:#1e6b4f}</style><label></label>`;
    this.shadowRoot.lastChild.append(this.#input, document.createElement("slot"));
    this.#input.addEventListener("change", () => this.closest("s-choice-list").pick(this.value));
  }
  get value() { return this.getAttribute("value") ?? ""; }
  set value(next) { this.setAttribute("value", next); }
  show(values, disabled) {
    this.#input.checked = values.includes(this.value);
    this.#input.disabled = disabled;
  }
}

class ChoiceList extends HTMLElement {
  #values = [];
  #disabled = false;
  connectedCallback() {
    this.setAttribute("role", "radiogroup");
    new MutationObserver(() => this.#show()).observe(this, { childList: true, subtree: true });
    this.#show();
  }
  set label(text) { this.setAttribute("aria-label", text); }
  get label() { return this.getAttribute("aria-label") ?? ""; }
  set values(next) { this.#values = next; this.#show(); }
  get values() { return this.#values; }
  set disabled(value) { this.#disabled = Boolean(value); this.#show(); }
  get disabled() { return this.#disabled; }
  pick(value) {
    this.values = [value];
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }
  #show() {
    for (const one of this.querySelectorAll("s-choice")) one.show(this.#values, this.#disabled);
  }
}

/** A field: its label, its input, and what is wrong with what stands in it. */
class Field extends HTMLElement {
  #input = Object.assign(document.createElement("input"), { inputMode: "decimal", autocomplete: "off" });
  #wrong = Object.assign(document.createElement("p"), { id: "wrong" });
  constructor() {
    super();
    this.attachShadow({ mode: "open", delegatesFocus: true }).innerHTML =
      `<style>label{display:grid;gap:4px}input{box-sizing:border-box;inline-size:100%;min-block-size:44px;padding-inline:10px;border:1px solid #767676;border-radius:6px;font:inherit}p{margin:4px 0 0;color:#b3261e}p:empty{display:none}</style><label><span></span></label>`;
    this.shadowRoot.lastChild.append(this.#input);
    this.shadowRoot.append(this.#wrong);
    this.#input.setAttribute("aria-describedby", "wrong");
    this.#input.addEventListener("input", () => this.dispatchEvent(new Event("input", { bubbles: true })));
  }
  set label(text) { this.shadowRoot.querySelector("span").textContent = text; }
  set error(text) {
    this.#wrong.textContent = text;
    this.#input.ariaInvalid = String(Boolean(text));
  }
  get value() { return this.#input.value; }
  set value(text) { this.#input.value = text; }
}

class Select extends HTMLElement {
  #select = document.createElement("select");
  #value = "";
  connectedCallback() {
    const style = `<style>label{display:grid;gap:4px}select{min-block-size:44px;font:inherit}</style><label><span></span></label>`;
    this.attachShadow({ mode: "open", delegatesFocus: true }).innerHTML = style;
    this.shadowRoot.lastChild.append(this.#select);
    this.#select.addEventListener("change", () => {
      this.#value = this.#select.value;
      this.dispatchEvent(new Event("change", { bubbles: true }));
    });
    new MutationObserver(() => this.#show()).observe(this, { childList: true, subtree: true });
    this.#show();
  }
  get value() { return this.#value; }
  set value(next) { this.#value = next; this.#show(); }
  set disabled(value) { this.#select.disabled = Boolean(value); }
  #show() {
    if (this.shadowRoot) this.shadowRoot.querySelector("span").textContent = this.getAttribute("label");
    const options = [...this.querySelectorAll("s-option")].map((one) => new Option(one.textContent, one.getAttribute("value")));
    this.#select.replaceChildren(...options);
    this.#select.value = this.#value;
  }
}

class Picture extends Plain {
  connectedCallback() { this.drawn(); }
  drawn() { this.replaceChildren(Object.assign(document.createElement("img"), { src: this.src, alt: "" })); }
}

class Anchor extends Plain {
  connectedCallback() {
    if (!this.shadowRoot) this.attachShadow({ mode: "open", delegatesFocus: true }).innerHTML = `<style>a{color:#1e6b4f}</style><a target="_top"><slot></slot></a>`;
    this.drawn();
  }
  drawn() {
    const link = this.shadowRoot?.querySelector("a");
    if (link) link.href = this.href;
  }
}

const COMPONENTS = { section: Headed, page: Headed, banner: Said, button: Press, choice: Choice, "choice-list": ChoiceList, "number-field": Field, select: Select, image: Picture, link: Anchor };
for (const [name, component] of Object.entries(COMPONENTS)) customElements.define(`s-${name}`, class extends component {});
for (const name of ["stack", "grid", "text"]) customElements.define(`s-${name}`, class extends Plain {});

new ResizeObserver(() => parent.postMessage({ height: document.documentElement.offsetHeight }, "*")).observe(document.documentElement);
import(new URL(told.bundle, location.href)).then((extension) => extension.default());
