/** What this browser remembers for the shopper; private modes may refuse, and then it forgets. */

const PREFIX = "perennial:";
const DAY_MS = 86_400_000;
export const SILENT_DAYS = 90;

export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name));
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Full or forbidden: the choice holds for this page.
  }
}

/** A "no" is remembered for ninety days, a "yes" ends it. */
export const declined = (name, now = Date.now()) => now - (recall(name) ?? -Infinity) < SILENT_DAYS * DAY_MS;
export const rememberNo = (name, now = Date.now()) => remember(name, now);
