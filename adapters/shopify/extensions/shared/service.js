/** The service's door for extensions. Its address is the deployment's own, as in shopify.app.toml. */
export const SERVICE = "https://example.com";
const TIMEOUT_MS = 10_000;
/** @type {Map<string, string>} */
const wishes = new Map(); // keys of those that got no answer yet

/** @typedef {{get: () => Promise<string>}} Token Proves the shop, and who is signed in; nothing else is sent. */
/** @typedef {{id: string, name: string, gives: string, note: string, points: number, reason: string | null,
 *    reason_text: string | null, flexible: object | null, kind: string}} Offer */
/** @typedef {{id: string, name: string, gives: string, code: string | null, state: string, kind: string}} Redemption */
/** @typedef {{key: string, name: string, story: string, ways: {round_up?: string, add_on?: string}}} Cause
 *    `ways`: what an order's line names, for each way there is */
/** @typedef {{amounts_minor: number[], round_up_to_minor: number, least_minor: number, most_minor: number,
 *    share_kept_percent: number, currency: string, exponent: number, said: string}} Donation */
/** @typedef {{member: {available: number} | null, have: string | null, shop: string,
 *    earns: {points: number, said: string} | null, causes: Cause[], donation: Donation | null, cause: string | null,
 *    currency_exponent: number, rewards?: {offers: Offer[], open: Redemption[]},
 *    tier?: {name: string | null, says: string[]} | null}} Mine */
/** @typedef {{key: string, title: string, url: string, image_url: string | null, price_said: string | null, reason: string | null}} Item */
/** @typedef {{order: {said: string[], donations: {said: string}[], impact: string[]} | null, signed_in: boolean, again_ms: number,
 *    surface: string | null, row: string | null, method: string | null, bucket: number | null, heading: string | null,
 *    recommendations: Item[]}} Brought */

/** What the service refused: `code` is for us, the sentence for logs. */
export class Refused extends Error {
  /** @param {number} status @param {{code?: string, message?: string}} [told] */
  constructor(status, { code = `http_${status}`, message = "" } = {}) {
    super(message || code);
    this.code = code;
  }
}

/**
 * GET a path, or POST `wish` to it, as whoever the token proves. A wish that got no answer keeps its key,
 * so that wishing it again does not do it twice.
 *
 * @param {Token} token
 * @param {string} path
 * @param {Record<string, string | number>} [query]
 * @param {object} [wish]
 */
export async function ask(token, path, query = {}, wish) {
  const told = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  /** @type {Record<string, string>} */
  const headers = { Authorization: `Bearer ${await token.get()}` };
  const body = wish && JSON.stringify(wish);
  const name = path + body;
  if (body) {
    const key = wishes.get(name) ?? crypto.randomUUID();
    wishes.set(name, key);
    Object.assign(headers, { "Content-Type": "application/json", "Idempotency-Key": key });
  }
  const response = await fetch(`${SERVICE}/ext/shopify/${path}?${told.join("&")}`, {
    method: body ? "POST" : "GET",
    headers,
    body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status < 500) wishes.delete(name);
  if (response.ok) return response.json();
  throw new Refused(response.status, await response.json().catch(() => undefined));
}

/**
 * Tell what was met of a row after an order. `bucket` is one of a thousand and names nobody; no answer is awaited.
 *
 * @param {Token} token
 * @param {Brought} brought
 * @param {Item[]} items
 * @param {{shown?: number, clicks?: number}} met
 */
export async function tell(token, { bucket, surface, row, method }, items, { shown = 0, clicks = 0 }) {
  if (bucket === null || !surface || !method) return; // who is held out tells of no rows
  const pages = clicks ? 0 : 1;
  const one = { surface, row: row ?? "none", method, shown, clicks, adds: 0, pages, items: shown ? items.map(({ key }) => key) : [] };
  await fetch(`${SERVICE}/ext/shopify/beacon`, {
    method: "POST",
    headers: { Authorization: `Bearer ${await token.get()}`, "Content-Type": "application/json" },
    body: JSON.stringify({ bucket, first: false, rows: [one] }),
    keepalive: true,
  });
}

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The number at the end of a global id. @param {string} gid */
export const numberOf = (gid) => gid.slice(gid.lastIndexOf("/") + 1);
