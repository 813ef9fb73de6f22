/**
 * What an entry of the history says, and why; pure.
 *
 * An entry: {id, on, kind, points, state, order, why}; points are signed as the member sees them. `why` is null
 * or {reason, currency, points_each, per_minor, lines: [{title, base_minor, earned, kept}], note}: the order's
 * rule and lines as the order stands now, or the words a person gave.
 */
import { ltr } from "../kit.js";

/** An order's number with its sign, as the shopper knows it from the shop's mail. */
export const orderName = (order) => ltr(`#${String(order).replace(/^#/, "")}`);

/** [word key, values] of an entry's title; what is said of an order needs the order. */
export function titleOf(words, { kind, order, points }) {
  const key = words.known(`entry_${kind}`) ?? "entry_other";
  if (order) return [key, { order: orderName(order) }];
  if (!words.asks(key, "order")) return [key, {}];
  return [points > 0 ? "entry_gained" : "entry_other", {}];
}

/** The word key of a reason not to earn, when it is one a shopper can be told. */
export const reasonKey = (words, why) => words.known(`reason_${why?.reason}`);

/**
 * What a shopper sees of the newest entries: [{...entry, isWaiting}].
 *
 * Entries that changed nothing for them are left out. Points wait until a newer entry of their order released
 * them, or until nothing of the order is left.
 */
export function seen(entries) {
  const released = new Set();
  return entries
    .filter(({ points }) => points !== 0)
    .map((entry) => {
      const { kind, state, order, why } = entry;
      if (kind === "released") released.add(order);
      const isGone = why?.lines.length > 0 && why.lines.every(({ kept }) => kept === 0);
      return { ...entry, isWaiting: kind === "earned" && state === "pending" && !released.has(order) && !isGone };
    });
}

/** Does "Why?" have anything to answer? */
export function explains(words, { kind, order, why }) {
  const told = order && (kind === "clawback" || kind === "released");
  return Boolean(told || why?.lines.length || why?.note || reasonKey(words, why));
}
