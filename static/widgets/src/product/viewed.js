/** Products this browser looked at lately, where the shop's own consent tool lets it keep them. */
import { recall, remember } from "../kit.js";

const MOST = 12;
const WHO = "viewed-by"; // of a thousand, which is nobody's number; none while nobody is logged in

/** Keep `product`, which is looked at now; on a page without one, what was looked at before as a part of a query. */
export function viewed(product) {
  const may = window.Shopify?.customerPrivacy?.preferencesProcessingAllowed?.() ?? window.wp_has_consent?.("preferences");
  const customer = document.querySelector("script[data-base]")?.dataset.customer;
  const who = customer ? customer % 1000 : null;
  const kept = recall("viewed");
  const before = may && Array.isArray(kept) && [null, who].includes(recall(WHO)) ? kept : []; // what a guest saw goes with them
  const keys = [...new Set(product && may ? [product, ...before] : before)].slice(0, MOST);
  remember("viewed", keys);
  remember(WHO, keys[0] ? who : null);
  return product || !keys.length ? "" : `&viewed=${encodeURIComponent(keys)}`;
}

/** A page that the browser kept while others were looked at knows nothing of what was said there. */
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) for (const row of document.querySelectorAll("perennial-recommendations")) row.again();
});
