/** The storefront JSON: one request at a time for each path, a token where the shop needs one. */

const TIMEOUT_MS = 10_000;
const flights = new Map();
let shop = { base: "", tokenUrl: undefined, language: "en" };
let programme;

/** Name the shop this page belongs to: where its JSON is, where its shopper token, which language. */
export function settle(options) {
  shop = { ...options, base: (options.base ?? "").replace(/\/$/, "") };
}

export const language = () => shop.language;

/** A refusal of the service, or an answer that is not JSON. */
export class Refused extends Error {
  constructor(status, { code = `http_${status}`, message = "", request_id: requestId } = {}) {
    super(message || code);
    Object.assign(this, { name: "Refused", status, code, requestId });
  }
}

async function json(url, signal, headers) {
  const response = await fetch(url, { signal, headers, credentials: "same-origin" });
  if (response.ok) return response.json();
  throw new Refused(response.status, await response.json().catch(() => undefined));
}

/** Run `work` once for all who ask for `key` meanwhile; stopped when nobody waits any more. */
function share(key, work, signal) {
  let flight = flights.get(key);
  if (!flight) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new Refused(0, { code: "timeout" })), TIMEOUT_MS);
    const answer = work(controller.signal).finally(() => {
      clearTimeout(timer);
      if (flights.get(key) === flight) flights.delete(key);
    });
    flight = { controller, answer, waiting: 0 };
    flights.set(key, flight);
  }
  flight.waiting += 1;
  return new Promise((resolve, reject) => {
    const leave = () => {
      flight.waiting -= 1;
      if (flight.waiting === 0) {
        flights.delete(key);
        flight.controller.abort(signal.reason);
      }
      reject(signal.reason);
    };
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    flight.answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

/** GET a public path of the storefront; the browser's cache and its ETags do the rest. */
export const read = (path, signal) => share(path, (stop) => json(`${shop.base}/${path}`, stop), signal);

/** The shop's programme, causes and amounts: asked once a page. */
export async function config(signal) {
  programme ??= await read("config", signal);
  return programme;
}

/** The shopper, or {member: null} for a guest. */
export const me = (signal) => share("me", readMe, signal);

async function readMe(stop) {
  if (!shop.tokenUrl) return json(`${shop.base}/me`, stop);
  const ask = async () => {
    // The shop's own cookie proves the shopper to the shop; the signed token proves them to us.
    const { token } = await json(shop.tokenUrl, stop);
    return token ? json(`${shop.base}/me`, stop, { Authorization: `Bearer ${token}` }) : { member: null, history: [] };
  };
  try {
    return await ask();
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    return ask(); // a token lives five minutes and may lapse on the way
  }
}

/** Decimals of a currency: the shop's own word for its currency, else the platform's table. */
export function exponentOf(currency, known) {
  if (known?.program?.currency === currency && known.currency_exponent !== undefined) return known.currency_exponent;
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
}
