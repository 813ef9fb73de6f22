/**
 * What an entry of the history says, and why; pure.
 *
 * An entry: {id, at, kind, points, order?, until?, why?}; `why` is {rule?, currency?, lines?, reason?}:
 * rule {points_each, per_minor}, lines [{title, quantity, base_minor, earned, kept}], reason a code of the
 * rule ("not_paid") or a merchant's own words. Every part may be missing: what is missing is not shown.
 */
import { ltr, own } from "../kit.js";

const TAKING = new Set(["clawback", "expiry", "redeemed"]);

/** An order's number with its sign, as the shopper knows it from the shop's mail. */
export const orderName = (order) => ltr(`#${String(order).replace(/^#/, "")}`);

/** Points as the shopper feels them: what takes is negative, however the book writes it. */
export const effect = ({ kind, points }) => (TAKING.has(kind) ? -Math.abs(points) : points);

/** [word key, values] of an entry's title; what is said of an order needs the order. */
export function titleOf(words, entry) {
  const { kind, order } = entry;
  const key = words.known(`entry_${kind === "pending" ? "earned" : kind}`) ?? "entry_other";
  if (order) return [key, { order: orderName(order) }];
  if (!words.asks(key, "order")) return [key, {}];
  return [effect(entry) > 0 ? "entry_gained" : "entry_other", {}];
}

/** A known reason in the shopper's language, a merchant's own words as written; nothing for other codes. */
export function reasonIn(words, reason) {
  const key = words.known(`reason_${reason}`);
  if (key) return { text: words.text(key) };
  return reason && !/^[a-z_]+$/.test(reason) ? own(reason) : undefined;
}

/** Lines as [{title, quantity, baseMinor, points, lost}]; `lost` is what a refund took of the line. */
export function linesOf({ lines = [] }) {
  return lines.map(({ title, quantity = 1, base_minor: baseMinor = 0, earned = 0, kept = earned }) => ({
    title,
    quantity,
    baseMinor,
    points: kept,
    lost: earned - kept,
  }));
}

/** Does "Why?" have anything to answer? */
export function explains({ kind, order, why = {} }) {
  const told = order && (kind === "clawback" || kind === "released");
  return Boolean(told || why.lines?.length || why.rule || (why.reason && why.reason !== "earned"));
}
