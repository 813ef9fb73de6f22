/**
 * What an entry of the history says, and why; pure.
 *
 * An entry: {id, at, kind, points, order?, until?, why?}; `why` is {rule?, currency?, lines?, base_minor?,
 * reason?}: rule {points_each, per_minor, currency}, lines [{title, quantity?, base_minor, points, reason?}].
 * Every part may be missing: what is missing is not shown.
 */
import { ltr, own } from "../kit.js";

const TAKING = new Set(["clawback", "expired", "redeemed", "forfeited"]);
const REASONS = {
  shipping: "reason_shipping",
  donation: "reason_donation",
  gift_card: "reason_gift_card",
  no_rate: "reason_no_rate",
  excluded: "reason_excluded",
  unpaid: "reason_unpaid",
  cancelled: "reason_cancelled",
};
const TITLES = {
  pending: "entry_order",
  earned: "entry_order",
  released: "entry_released",
  clawback: "entry_refund",
  voided: "entry_refund",
  adjustment: "entry_adjustment",
  claimed: "entry_claimed",
  expired: "entry_expired",
  forfeited: "entry_expired",
  redeemed: "entry_used",
};

/** An order's name with its sign, as the shopper knows it from the shop's mail. */
export const orderName = (order) => ltr(`#${String(order).replace(/^#/, "")}`);

/** [word key, values] of an entry's title. */
export function titleOf({ kind, order }) {
  const key = TITLES[kind] ?? "entry_other";
  const named = /order|released|refund/.test(key);
  if (named && !order) return [kind === "pending" || kind === "earned" ? "entry_earned" : "entry_other", {}];
  return [key, order ? { order: orderName(order) } : {}];
}

/** Points as the shopper feels them: what takes is negative, however the book writes it. */
export const effect = ({ kind, points }) => (TAKING.has(kind) ? -Math.abs(points) : points);

/** A known reason in the shopper's language; a merchant's own words stay as written. */
export function reasonIn(words, reason) {
  return reason in REASONS ? { text: words.text(REASONS[reason]) } : own(reason);
}

/** Does "Why?" have anything to answer? */
export function explains({ kind, why }) {
  return Boolean(why?.lines?.length || why?.rule || why?.reason || kind === "clawback" || kind === "released");
}
