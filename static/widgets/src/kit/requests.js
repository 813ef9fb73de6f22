/** The storefront JSON: one request at a time for each path, a token where the shop needs one. */

import { recall, remember } from "./memory.js";

const TIMEOUT_MS = 10_000;
const flights = new Map();
const wishes = new Map();
let shop = { base: "", tokenUrl: undefined, language: "en" };
let programme;

/** Name the shop this page belongs to: where its JSON is, where its shopper token, which language. */
export function settle(options) {
  shop = { ...options, base: (options.base ?? "").replace(/\/$/, "") };
}

export const language = () => shop.language;
export const isProxied = () => !shop.tokenUrl;
export const isSignedIn = () => !!shop.customer;

/** A refusal of the service, or an answer that is not JSON. */
export class Refused extends Error {
  constructor(status, { code = `http_${status}`, message = "" } = {}) {
    super(message || code);
    Object.assign(this, { name: "Refused", status, code });
  }
}

async function json(url, signal, options) {
  const response = await fetch(url, { signal, credentials: "same-origin", ...options });
  if (response.ok) return response.json();
  throw new Refused(response.status, await response.json().catch(() => {}));
}

/** Run `work` once for all who ask for `key` meanwhile; who leaves is not told, and takes nothing from the others. */
function share(key, work, signal) {
  if (!flights.has(key)) flights.set(key, work(AbortSignal.timeout(TIMEOUT_MS)).finally(() => flights.delete(key)));
  return Promise.race([flights.get(key), new Promise((_, leave) => signal.addEventListener("abort", () => leave(signal.reason)))]);
}

export const address = (path) => `${shop.base}/${path}${path.includes("?") ? "&" : "?"}lang=${shop.language}`;

/** GET a public path of the storefront; the browser's cache and its ETags do the rest. */
export const read = (path, signal) => share(path, (stop) => json(address(path), stop), signal);

/** The shop's programme, causes and amounts: asked once a page. */
export async function config(signal) {
  programme ??= await read("config", signal);
  return programme;
}

/** GET a path as this shopper; what is answered is nobody else's. */
export const ask = (path, signal) => share(path, (stop) => personal(path, stop), signal);

/**
 * POST one act of this shopper's, once: a wish that got no answer keeps its key, so that wishing it again
 * does not do it twice.
 */
export async function act(name, wanted = {}) {
  const body = "device" in wanted ? { ...wanted, device: device() } : wanted;
  const wish = name + JSON.stringify(body);
  const key = wishes.get(wish) ?? crypto.randomUUID();
  wishes.set(wish, key);
  try {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
    const options = { method: "POST", body: JSON.stringify(body), headers };
    const answer = await personal(`${name}?once=${key}`, AbortSignal.timeout(TIMEOUT_MS), options); // a proxy may lose headers
    wishes.delete(wish);
    return answer;
  } catch (problem) {
    if (problem.status < 500) wishes.delete(wish);
    throw problem;
  }
}

/** What this browser calls itself, where somebody who pretends to be two is looked for. */
function device() {
  if (!recall("device")) remember("device", crypto.randomUUID());
  return recall("device") ?? "";
}

async function personal(path, stop, options = {}) {
  const url = address(path);
  if (!shop.tokenUrl) return json(url, stop, options);
  const once = async () => {
    // The shop's own cookie proves the shopper to the shop; the signed token proves them to us.
    const { token } = await json(shop.tokenUrl, stop);
    return json(url, stop, token ? { ...options, headers: { ...options.headers, Authorization: `Bearer ${token}` } } : options);
  };
  try {
    return await once();
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    return once(); // a token lives five minutes and may lapse on the way
  }
}

/** Decimals of a currency: the shop's own word for its currency, else the platform's table. */
export function exponentOf(currency, known) {
  if (known?.program?.currency === currency && known.currency_exponent >= 0) return known.currency_exponent;
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
}
