/** The products a shopper asked not to see again, kept in the browser. */
import { recall, remember } from "../kit.js";

const NAME = "hidden-products";
const MOST = 200;

export const hiddenKeys = () => new Set(recall(NAME) ?? []);

export function hide(key) {
  const keys = hiddenKeys().add(key);
  remember(NAME, [...keys].slice(-MOST));
}

export function unhide(key) {
  const keys = hiddenKeys();
  keys.delete(key);
  remember(NAME, [...keys]);
}
