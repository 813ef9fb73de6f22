/** What may be given with a variant of the donation product, in minor units; pure. */

export const GIFT = "_perennial_donation";
export const ROUNDED = "_perennial_round_up";
export const DECLINED = "_perennial_no_gift"; // an attribute of the cart

/** Decimal text as whole minor units: no amount is ever a fraction here. @param {number | string} amount @param {number} exponent */
export function minorOf(amount, exponent) {
  const [whole, part = ""] = (typeof amount === "string" ? amount : amount.toFixed(exponent)).split(".");
  return Number(whole + part.padEnd(exponent, "0").slice(0, exponent));
}

/**
 * The ways to give to a cause: the amounts, then rounding up when that adds anything; each in whole pieces.
 * Where the house asks, a piece that makes up none of its amounts is itself one.
 *
 * @param {number} before the total without a gift
 * @param {number} price of one piece
 * @param {import("./service.js").Donation} donation
 * @param {import("./service.js").Cause} cause
 */
export function ways(before, price, { amounts_minor: amounts, round_up_to_minor: step }, { key, ways: named }) {
  const rounding = named.round_up && step > 0 ? (step - (before % step)) % step : 0;
  const given = named.add_on ? amounts.map((minor) => ({ minor, rounds: false })) : [];
  const found = [...given, { minor: rounding, rounds: true }].filter(({ minor }) => minor > 0 && minor % price === 0);
  return found.length || named.add_on !== key ? found : [{ minor: price, rounds: false }];
}

const ARABIC = /[\u0660-\u0669\u06f0-\u06f9]/g; // Persian and Urdu write some of them differently

/** What was typed, with a comma or a point and in any digits; NaN for what is no amount, or two. @param {string} text @param {number} exponent */
export function typed(text, exponent) {
  const plain = text.normalize("NFKC").replace(ARABIC, (one) => String(one.charCodeAt(0) & 15)).replace(/\p{Cf}/gu, "").trim();
  const [, whole, part = ""] = /^(\d{1,12})(?:[.,\u066b](\d+))?$/.exec(plain) ?? [];
  return whole && part.length <= exponent ? minorOf(`${whole}.${part}`, exponent) : Number.NaN;
}

/** The gifts among the lines. @template {{attributes: {key: string, value?: unknown}[]}} L @param {readonly L[]} lines */
export const giftsIn = (lines) => lines.filter(({ attributes }) => attributes.some(({ key }) => key === GIFT));

/** @template {{attributes: {key: string, value?: unknown}[]}} L @param {readonly L[]} lines @returns {L | undefined} */
export const giftIn = (lines) => giftsIn(lines)[0];

/**
 * Have this gift, or none, in place of every gift that the order holds by now: the same checkout in another tab may
 * have added one since this page was drawn. What another tab adds between our look and our write cannot be ruled
 * out, because a change of lines has no condition: then the order holds two, which the page says once it sees them,
 * and which are booked as the two gifts they are.
 *
 * @template {{id: string, quantity: number, attributes: {key: string, value?: unknown}[]}} L
 * @param {() => readonly L[]} lines asked anew each time: ids change with every change
 * @param {(wanted: {type: "removeCartLine", id: string, quantity: number}) => Promise<boolean>} remove
 * @param {(() => Promise<boolean>) | null} add
 */
export async function replaceGifts(lines, remove, add) {
  for (let left = giftsIn(lines()).length; left > 0; left -= 1) {
    const held = giftIn(lines());
    if (held && !(await remove({ type: "removeCartLine", id: held.id, quantity: held.quantity }))) return false;
  }
  return add ? add() : true;
}

/** @param {{attributes: {key: string, value?: unknown}[]}} line */
export const isRounded = ({ attributes }) => attributes.some(({ key }) => key === ROUNDED);

/** Of what a line names, the cause's key. @param {{attributes: {key: string, value?: unknown}[]} | undefined} line */
export const causeOf = (line) => String(line?.attributes.find(({ key }) => key === GIFT)?.value ?? "").split("@")[0];

const PRINTED = "1"; // named by a form of the theme: whatever the shop gives to

/**
 * Whether a gift as in the order, if there is one, is asked still.
 *
 * @param {{attributes: {key: string, value?: unknown}[]} | undefined} line
 * @param {import("./service.js").Cause[]} causes
 */
export function isAsked(line, causes) {
  if (!line || causeOf(line) === PRINTED) return causes.length > 0;
  return causes.some(({ key, ways: named }) => key === causeOf(line) && named[isRounded(line) ? "round_up" : "add_on"]);
}
