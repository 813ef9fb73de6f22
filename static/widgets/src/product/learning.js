/**
 * Whether rows help, learnt without knowing anybody: which of a thousand this browser is, what it met on this page, and a
 * note of both for the order it may place. See docs/decisions/0044-learning.md.
 */
import { address, isProxied, isSignedIn, recall, remember } from "../kit.js";

const BUCKETS = 1000;
const met = []; // since the last batch
let mine;

/** Whether the shop's consent tool lets statistics be kept; `usual` where there is none, and none has refused before. */
const may = (usual) => window.Shopify?.customerPrivacy?.analyticsProcessingAllowed?.() ?? window.wp_has_consent?.("statistics") ?? (recall("bucket") !== "" && usual);

/** Whether statistics may be kept. Who refuses them is told of no more, neither here nor in the cart. */
function heed() {
  if (may(1)) return true;
  const kept = recall("bucket");
  remember("bucket", ""); // a tool that comes late, on the next page again, is known to have refused
  met.length = 0;
  mine = null;
  if (kept || kept === 0) {
    for (const name of ["row-click", "bare-product", "bare-cart", "bare-thank_you", "bare-account", "bare-home"]) remember(name, null);
    note();
  }
}

/** Drawn once; "" where nothing can or may be kept, because who is somebody else on each page tells nothing. */
export function bucket() {
  const kept = recall("bucket");
  if (heed() && kept % BUCKETS >>> 0 !== kept) remember("bucket", Math.random() * BUCKETS | 0);
  return recall("bucket") ?? "";
}

/** Learn from the answer that `host` got; `items` were put on the page as its row, none: no row was. */
export function follow(host, { bucket: dealt, surface, row, method }, items) {
  if (dealt == null || !heed()) return;
  mine = dealt; // a member's own, wherever they sign in
  remember("bucket", mine);
  note();
  const name = items[0] ? row : "none";
  if (!method || host.followed === name) return; // who is held out tells of no rows
  host.followed = name;
  const meet = (what) => met.push({ surface, row: name, method, ...what });
  meet({ pages: 1 });
  if (!items[0]) return;
  new IntersectionObserver(([{ isIntersecting }], eye) => {
    if (!isIntersecting || mine == null) return;
    eye.disconnect();
    meet({ shown: 1, items: items.map(({ key }) => key) });
  }, { threshold: 0.5 }).observe(host);
  host.shadowRoot.addEventListener("click", ({ target }) => {
    const path = target.closest("a")?.pathname;
    if (!path || mine == null) return;
    meet({ clicks: 1 });
    if (may(isSignedIn())) remember("row-click", [[surface, row, method, Date.now() / 86_400_000 | 0].join("."), path]);
    note();
  });
}

/** What goes into the order: an attribute of Shopify's cart, or a cookie that the plugin reads; nothing of who refuses. */
function note() {
  const [place] = [].concat(recall("row-click"));
  const text = `${mine ?? ""}${place ? `.${place}` : ""}`; // the service knows how long a click counts
  if (!isProxied()) {
    document.cookie = `perennial_row=${text};path=/;samesite=lax;max-age=${text ? 604800 : 0}`;
    return;
  }
  const noted = `${text} ${/\bcart=([^;]*)/.exec(document.cookie)?.[1]}`; // a new cart knows nothing
  if (recall("noted") === noted) return;
  remember("noted", text && noted);
  navigator.sendBeacon("/cart/update.js", new URLSearchParams({ "attributes[_perennial_row]": text }));
}

/** What was met here from a row of another page goes into the cart. */
document.addEventListener("submit", ({ target }) => {
  const [place, path] = [].concat(recall("row-click"));
  if (path === location.pathname && /cart\/add|add-to-cart/.test(target.outerHTML)) {
    const [surface, row, method, day] = place.split(".");
    if (Date.now() / 86_400_000 - day < 8) met.push({ surface, row, method, adds: 1 }); // seven days, as the service counts orders
  }
}, true);

document.addEventListener("visibilitychange", () => {
  if (!document.hidden || !heed() || mine == null) return;
  const first = !document.cookie.includes("perennial_told=1");
  const rows = met.slice(-12);
  if ((!first && !rows[0]) || !navigator.sendBeacon(address("beacon"), JSON.stringify({ bucket: mine, first, rows }))) return;
  document.cookie = "perennial_told=1;path=/;samesite=lax"; // ends with the browser session, which is a visit
  met.length = 0;
});

/** A consent tool that comes, or hears a choice. */
for (const name of ["shopifyCustomerPrivacyApiLoaded", "visitorConsentCollected", "wp_consent_type_defined", "wp_listen_for_consent_change"]) document.addEventListener(name, heed);
