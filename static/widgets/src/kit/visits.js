/** What a page tells of itself: that somebody signed in is here, and by which friend's link. */
import { recall, remember } from "./memory.js";
import { act } from "./requests.js";

/**
 * Once a day for who is signed in, and where the shop watches pages, that they were looked at; a friend's link
 * once, and its code waits for who joins.
 */
export async function visit(isSignedIn) {
  const code = new URLSearchParams(location.search).get("ref");
  if (code && recall("ref") !== code) {
    remember("ref", code);
    await act("referral_visit", { code, device: "" });
  }
  if (!isSignedIn) return;
  const day = new Date().toDateString();
  const known = recall("visit");
  const product = document.querySelector("perennial-badge,perennial-tasks")?.getAttribute("product");
  const seen = [location.pathname.replace(/(.)\/$/, "$1"), product].filter((place) => place && (known?.day !== day || known.watch.includes(place)));
  if (seen.length) remember("visit", { day, ...(await act("visit", { seen })) });
}
