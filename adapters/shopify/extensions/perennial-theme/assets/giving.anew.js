/**
 * The cart's sections anew after a write, without the page: where the theme's server prints something else than
 * before, that is put in its place. Nothing else is touched, so what scripts made of the page stays, and so do
 * focus and scroll; `element`, which asks, is never replaced, and stays where it is seen.
 */
const MOST = 5; // the platform prints no more at once
const OF_CARTS = "form[action*='/cart'], [name=checkout], a[href$='/cart'], a[href$='/cart/']";
const PREFIX = "shopify-section-";

const parsed = (html) => new DOMParser().parseFromString(html, "text/html").body;
const json = async (url) => (await fetch(url, { headers: { Accept: "application/json" } })).json();

/** What the theme prints of the cart now: {id: HTML}; null where it cannot be told which part of it `element` is in. */
export async function printed(element) {
  const found = [...document.querySelectorAll(`[id^="${PREFIX}"]`)].filter((one) => one.contains(element) || one.querySelector(OF_CARTS));
  const ids = found.map(({ id }) => id.slice(PREFIX.length));
  if (!ids.includes(element.dataset.section) || ids.length > MOST) return null;
  return json(`${location.pathname}?sections=${ids.map(encodeURIComponent)}`);
}

/** Show what changed since `before` was printed, and tell the theme; false: only the page itself is right. */
export async function showAnew(element, before) {
  const [after, cart] = await Promise.all([before && printed(element), json(`${element.dataset.root.replace(/\/?$/, "/")}cart.js`)]);
  if (!after || !Object.values({ ...before, ...after }).every(Boolean)) return false;
  const seen = element.getBoundingClientRect().top;
  for (const [id, html] of Object.entries(after)) {
    const [old, fresh] = [parsed(before[id]), parsed(html)].map((body) => body.firstElementChild);
    if (!settle(old, fresh, document.getElementById(PREFIX + id), element)) return false;
  }
  scrollBy(0, element.getBoundingClientRect().top - seen);
  const data = { source: element.localName, itemCount: cart.item_count, sections: after };
  document.dispatchEvent(new CustomEvent("cart:update", { detail: { resource: cart, sourceId: element.localName, data } }));
  return true;
}

/** Make `live` of `old` what `fresh` is, where these differ; false if `kept` would have to go. */
function settle(old, fresh, live, kept) {
  if (old.isEqualNode(fresh)) return true;
  if (old.nodeName !== fresh.nodeName || live.nodeName !== old.nodeName) return false;
  if (live.nodeType !== Node.ELEMENT_NODE) {
    live.data = fresh.data;
    return true;
  }
  for (const { name } of [...old.attributes, ...fresh.attributes]) {
    const value = fresh.getAttribute(name);
    if (value === old.getAttribute(name)) continue;
    if (value === null) live.removeAttribute(name);
    else live.setAttribute(name, value);
  }
  if (live.localName === "perennial-donation") return true; // it draws itself
  const [was, is, now] = [old, fresh, live].map(({ childNodes }) => [...childNodes]);
  const isAlike = was.length === is.length && was.length === now.length;
  if (isAlike && was.every((one, place) => settle(one, is[place], now[place], kept))) return true;
  if (live.contains(kept)) return false;
  live.replaceChildren(...fresh.cloneNode(true).childNodes);
  return true;
}
