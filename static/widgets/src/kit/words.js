/** Sentences, counts, money and dates in the shopper's language; knows no DOM. */

/** Text that keeps its left-to-right order inside any sentence: money, percent, signed and # numbers. */
export const ltr = (text) => ({ text, dir: "ltr" });

/** A name someone else wrote; its own direction, never its neighbours'. */
export const own = (text) => ({ text, dir: "auto" });

const MARKS = /[\u200e\u200f\u061c]/g; // Intl adds them; the isolate does their work
const ISOLATE = { ltr: "\u2066", auto: "\u2068" };

/** The catalogue for a language tag, as a file name: en, ar or zh-Hant. */
export function catalogueFor(tag) {
  if (/^ar\b/i.test(tag)) return "ar";
  return /^zh\b/i.test(tag) ? "zh-Hant" : "en";
}

/** The tag Intl formats with: one numeral system a page, days before months in plain English. */
export function formatTag(tag) {
  const [known] = canonical(tag.replaceAll("_", "-"));
  const catalogue = catalogueFor(known);
  if (catalogue === "ar") return /^ar(-AE)?$/.test(known) ? "ar-AE-u-nu-latn" : known;
  if (catalogue === "zh-Hant") return /^zh-(Hant|TW|HK|MO)/.test(known) ? known : "zh-Hant";
  return /^en-/.test(known) ? known : "en";
}

function canonical(tag) {
  try {
    return Intl.getCanonicalLocales(tag);
  } catch {
    return ["en"]; // a tag nobody knows
  }
}

export class Words {
  #catalogue;
  #plural;

  constructor(catalogue, tag) {
    this.#catalogue = catalogue;
    this.lang = catalogueFor(tag);
    this.dir = this.lang === "ar" ? "rtl" : "ltr";
    this.tag = formatTag(tag);
    this.#plural = new Intl.PluralRules(this.lang);
  }

  /** A sentence as [{text, name?, dir?}]: `name` is the placeholder a part came from. */
  parts(key, values = {}) {
    const pieces = this.#catalogue.words[key].split(/\{([a-z:]+)\}/);
    return pieces.map((piece, index) => (index % 2 ? this.#value(piece, values) : { text: piece })).filter(({ text }) => text);
  }

  /** The same sentence as plain text, for attributes. */
  text(key, values) {
    return this.parts(key, values)
      .map(({ text, dir }) => (dir ? `${ISOLATE[dir]}${text}\u2069` : text))
      .join("");
  }

  /** `key` itself when the catalogue has it. */
  known(key) {
    return key in this.#catalogue.words ? key : undefined;
  }

  /** Does this sentence have a place for `name`? */
  asks(key, name) {
    return this.#catalogue.words[key].includes(`{${name}`);
  }

  #value(placeholder, values) {
    const [name] = placeholder.split(":");
    const value = values[name];
    if (placeholder in this.#catalogue.nouns) return { name, text: this.count(placeholder, value) };
    return typeof value === "object" ? { name, ...value } : { name, text: String(value) };
  }

  /** `n` with its noun in the right form; ":gen" nouns are the Arabic oblique case. */
  count(noun, n) {
    const forms = this.#catalogue.nouns[noun];
    return (forms[this.#plural.select(Math.abs(n))] ?? forms.other).replace("{n}", this.number(n));
  }

  /** The noun alone, for a number that is set apart in large type. */
  noun(name, n) {
    const forms = this.#catalogue.nouns[name];
    const form = forms[this.#plural.select(Math.abs(n))] ?? forms.other;
    return (form.includes("{n}") ? form : forms.other).replace("{n}", "").trim();
  }

  number(n, options) {
    return new Intl.NumberFormat(this.tag, options).format(n).replace(MARKS, "").replace("-", "\u2212");
  }

  signed(n) {
    return ltr(this.number(n, { signDisplay: "exceptZero" }));
  }

  percent(n) {
    return ltr(this.number(n / 100, { style: "percent", maximumFractionDigits: 1 }));
  }

  /** Minor units as money; `brief` drops decimals that are all zero. */
  money(minor, currency, exponent, { brief = false } = {}) {
    const whole = brief && minor % 10 ** exponent === 0;
    const digits = whole ? 0 : exponent;
    const options = { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits };
    return ltr(this.number(decimal(minor, exponent), options));
  }

  /** A day of the shop: 22 November, 22 نوفمبر, 11月22日; with the year when it is not this one. */
  date(iso, now = new Date()) {
    const day = new Date(iso);
    const options = { day: "numeric", month: "long", timeZone: "UTC" };
    if (day.getUTCFullYear() !== now.getFullYear()) options.year = "numeric";
    const tag = this.tag === "en" ? "en-GB" : this.tag;
    return new Intl.DateTimeFormat(tag, options).format(day).replace(MARKS, "").replaceAll(" ", "\u00a0");
  }

  time(moment) {
    return new Intl.DateTimeFormat(this.tag, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(moment);
  }
}

/** Minor units as an exact decimal string: 4805 with 2 decimals is "48.05". */
export function decimal(minor, exponent) {
  const digits = String(Math.abs(minor)).padStart(exponent + 1, "0");
  const cut = digits.length - exponent;
  return `${minor < 0 ? "-" : ""}${digits.slice(0, cut)}${exponent ? `.${digits.slice(cut)}` : ""}`;
}
