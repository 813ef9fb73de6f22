/** What may be given with a variant of the donation product, in minor units; pure. */

export const GIFT = "_perennial_donation";
export const ROUNDED = "_perennial_round_up";

/** Decimal text as whole minor units: no amount is ever a fraction here. @param {number | string} amount @param {number} exponent */
export function minorOf(amount, exponent) {
  const [whole, part = ""] = (typeof amount === "string" ? amount : amount.toFixed(exponent)).split(".");
  return Number(whole + part.padEnd(exponent, "0").slice(0, exponent));
}

/**
 * The ways to give: rounding up first when that adds anything, then the amounts; each in whole pieces.
 *
 * @param {number} before the total without a gift
 * @param {number} price of one piece
 * @param {{amounts_minor: number[], round_up_to_minor: number}} donation
 */
export function ways(before, price, { amounts_minor: amounts, round_up_to_minor: step }) {
  if (!(price > 0)) return [];
  const rounding = step > 0 ? (step - (before % step)) % step : 0;
  const all = [{ minor: rounding, rounds: true }, ...amounts.map((minor) => ({ minor, rounds: false }))];
  const found = all.filter(({ minor }) => minor > 0 && minor % price === 0);
  return found.length ? found : [{ minor: price, rounds: false }];
}

/** A gift among the lines. @template {{attributes: {key: string, value?: unknown}[]}} L @param {readonly L[]} lines */
export const giftIn = (lines) => lines.find(({ attributes }) => attributes.some(({ key }) => key === GIFT));

/** @param {{attributes: {key: string, value?: unknown}[]}} line */
export const isRounded = ({ attributes }) => attributes.some(({ key }) => key === ROUNDED);
