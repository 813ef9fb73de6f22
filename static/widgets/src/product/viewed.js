/** Products this browser looked at lately, where the shop's own consent tool lets it keep them. */
import { recall, remember } from "../kit.js";

const MOST = 12;

/** Keep `product`, which is looked at now; on a page without one, what was looked at before as a part of a query. */
export function viewed(product) {
  const may = window.Shopify?.customerPrivacy?.preferencesProcessingAllowed?.() ?? window.wp_has_consent?.("preferences");
  const before = (may && recall("viewed")) || [];
  const keys = product && may ? [product, ...before.filter((key) => key !== product)].slice(0, MOST) : before;
  remember("viewed", keys);
  return product || !keys.length ? "" : `&viewed=${encodeURIComponent(keys)}`;
}
