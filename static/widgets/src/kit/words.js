/** The widgets' own sentences and money in the shopper's language; knows no DOM. The rest is told by the server. */

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
  #words;

  constructor(words, tag) {
    this.#words = words;
    this.lang = catalogueFor(tag);
    this.dir = this.lang === "ar" ? "rtl" : "ltr";
    this.tag = formatTag(tag);
  }

  /** A sentence as [{text, dir?}]; a value is text, or text with its own direction. */
  parts(key, values) {
    const pieces = this.#words[key].split(/\{(\w+)\}/);
    return pieces.map((piece, index) => (index % 2 ? (values[piece].text ? values[piece] : { text: values[piece] }) : { text: piece }));
  }

  /** The same sentence as plain text, for attributes. */
  text(key, values) {
    return this.parts(key, values)
      .map(({ text, dir }) => (dir ? `${ISOLATE[dir]}${text}\u2069` : text))
      .join("");
  }

  /** A number keeps its sign and its digits together. */
  number(n, options) {
    return ltr(new Intl.NumberFormat(this.tag, options).format(n).replace(MARKS, "").replace("-", "\u2212"));
  }

  percent(n) {
    return this.number(n / 100, { style: "percent", maximumFractionDigits: 1 });
  }

  /** Minor units as money. */
  money(minor, currency, exponent) {
    const options = { style: "currency", currency, minimumFractionDigits: exponent, maximumFractionDigits: exponent };
    return this.number(decimal(minor, exponent), options);
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
