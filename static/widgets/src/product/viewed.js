/** Products this browser looked at lately, where the shop's own consent tool lets it keep them; nobody is told but who shows them. */
import { recall, remember } from "../kit.js";

const MOST = 12;

const mayKeep = () =>
  globalThis.Shopify?.customerPrivacy?.preferencesProcessingAllowed?.() ?? globalThis.wp_has_consent?.("preferences") ?? false;

/** The newest first; `product` is looked at now. */
export function viewed(product) {
  const before = mayKeep() ? (recall("viewed") ?? []) : [];
  const keys = product && mayKeep() ? [product, ...before.filter((key) => key !== product)].slice(0, MOST) : before;
  remember("viewed", keys);
  return keys;
}
