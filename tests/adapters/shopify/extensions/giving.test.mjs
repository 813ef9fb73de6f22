/** The gift block's own script, with a cart that answers as the platform's does. */
import assert from "node:assert/strict";
import { test } from "node:test";

const GIFT = "_perennial_donation";
const kept = new Map();
globalThis.HTMLElement = class {
  dataset = {};
  addEventListener() {}
  removeEventListener() {}
  contains() {
    return false;
  }
};
globalThis.document = { activeElement: null };
globalThis.sessionStorage = {
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => kept.set(name, value),
  removeItem: (name) => kept.delete(name),
};
const observers = [];
globalThis.PerformanceObserver = class {
  constructor(told) {
    this.told = told;
  }
  observe() {
    observers.push(this);
  }
  disconnect() {}
};
globalThis.customElements = { get: () => undefined, define: () => {} };
let reloads = 0;
globalThis.location = { reload: () => (reloads += 1) };
await import("../../../../adapters/shopify/extensions/perennial-theme/assets/giving.anew.js"); // fetched once chosen
const { PerennialCartGift } = await import("../../../../adapters/shopify/extensions/perennial-theme/assets/giving.js");

const settled = () => new Promise((resolve) => setTimeout(resolve, 10));
const line = (key, quantity, properties) => ({ key, variant_id: 7, quantity, properties });

/** The element over a cart; what it writes, in order. */
function block(dataset, items, attributes = {}) {
  const sent = [];
  reloads = 0;
  globalThis.fetch = async (url, { method, body }) => {
    if (method === "POST") sent.push([url, JSON.parse(body)]);
    return new Response(JSON.stringify({ items, attributes }));
  };
  const element = new PerennialCartGift();
  element.dataset = { root: "/", variant: "7", piece: "1", cause: "", ...dataset };
  return { element, sent };
}

const choose = (element, detail) => element.handleEvent({ type: "perennial-donation:chosen", detail });

test("a gift rounded to a whole hundred of yen stays as it is", async () => {
  const { element, sent } = block({ before: "944", given: "56", step: "100" }, [line("a", 56, { [GIFT]: "riverbank" })]);
  element.connectedCallback();
  await settled();
  assert.deepEqual([sent, reloads], [[], 0]);
});

test("rounded again after the cart changed, it keeps its cause", async () => {
  const { element, sent } = block({ before: "14568", given: "44", step: "100" }, [
    line("g", 1, {}),
    line("a", 44, { [GIFT]: "riverbank", _perennial_round_up: "1" }),
  ]);
  element.connectedCallback();
  await settled();
  const properties = { [GIFT]: "riverbank", _perennial_round_up: "100" };
  assert.deepEqual(sent, [["/cart/change.js", { id: "a", quantity: 32, properties }]]);
  assert.equal(reloads, 1);
});

/** A block where the theme's own script just wrote to `path`; what its question then knows of the total. */
async function written(path, cart, dataset = {}) {
  const found = block({ smallest: "1", ...dataset }, []);
  const known = { "cart-total-minor": "9060" };
  const donation = { getAttribute: (name) => known[name], setAttribute: (name, value) => (known[name] = value) };
  found.element.querySelector = () => donation;
  const reply = globalThis.fetch;
  globalThis.fetch = async (url, options) => (options.method === "GET" ? new Response(JSON.stringify(cart)) : reply(url, options));
  found.element.connectedCallback();
  observers.at(-1).told({ getEntries: () => [{ name: `https://acme.example${path}` }] });
  await settled();
  return { ...found, total: known["cart-total-minor"] };
}

test("when the theme changes the cart, the question counts anew", async () => {
  const cart = { total_price: 4800, items: [line("g", 1, {})] };
  assert.equal((await written("/en/cart/change.js", cart)).total, "4800");
  assert.equal((await written("/cart/update", cart, { piece: "10" })).total, "48000");
  assert.equal((await written("/cart/add.js", { ...cart, total_price: 480000 }, { smallest: "100" })).total, "4800");
  assert.equal((await written("/cart.js", cart)).total, "9060");
});

test("and a rounded gift is rounded up again, to what its line says", async () => {
  const gift = { ...line("a", 40, { [GIFT]: "riverbank@7", _perennial_round_up: "500" }), final_line_price: 40 };
  const { sent } = await written("/cart/change.js", { total_price: 6700, items: [gift] });
  const properties = { [GIFT]: "riverbank@7", _perennial_round_up: "500" };
  assert.deepEqual(sent, [["/cart/change.js", { id: "a", quantity: 340, properties }]]);
  assert.deepEqual((await written("/cart/change.js", { total_price: 9100, items: [gift] })).sent, []);
});

test("a rounded gift says up to what, so that it can be rounded again", async () => {
  const { element, sent } = block({ piece: "10" }, []);
  choose(element, { amountMinor: 750, roundUp: true, stepMinor: 1000, cause: "riverbank@7" });
  await settled();
  const properties = { [GIFT]: "riverbank@7", _perennial_round_up: "1000" };
  assert.deepEqual(sent, [["/cart/add.js", { items: [{ id: 7, quantity: 75, properties }] }]]);
});

test("a choice takes the place of every gift in the cart", async () => {
  const two = [line("a", 44, { [GIFT]: "riverbank" }), line("b", 200, { [GIFT]: "trees" })];
  const { element, sent } = block({}, two);
  choose(element, { amountMinor: 500, roundUp: false, cause: "trees" });
  await settled();
  assert.deepEqual(sent, [
    ["/cart/change.js", { id: "b", quantity: 0 }],
    ["/cart/change.js", { id: "a", quantity: 500, properties: { [GIFT]: "trees" } }],
  ]);
});

test("no means no gift at all, and the checkout is told not to ask again", async () => {
  const two = [line("a", 44, { [GIFT]: "riverbank" }), line("b", 200, { [GIFT]: "trees" })];
  const { element, sent } = block({}, two);
  choose(element, { amountMinor: 0, roundUp: false, cause: "trees" });
  await settled();
  const told = ["/cart/update.js", { attributes: { _perennial_no_gift: "1" } }];
  assert.deepEqual(sent.slice(0, 2).map(([, { id, quantity }]) => [id, quantity]), [["a", 0], ["b", 0]]);
  assert.deepEqual(sent.slice(2), [told]);
  const empty = block({}, [line("g", 1, {})]);
  choose(empty.element, { amountMinor: 0, roundUp: false, cause: "trees" });
  await settled();
  assert.deepEqual([empty.sent, reloads], [[told], 0]);
});

test("who gives after a no has taken it back", async () => {
  const { element, sent } = block({}, [], { _perennial_no_gift: "1" });
  choose(element, { amountMinor: 500, roundUp: false, cause: "trees" });
  await settled();
  assert.deepEqual(sent.at(-1), ["/cart/update.js", { attributes: { _perennial_no_gift: "" } }]);
});

test("a rounded-up gift that has nothing to round any more is no refusal", async () => {
  const { element, sent } = block({ before: "1000", given: "56", step: "100" }, [line("a", 56, { [GIFT]: "riverbank" })]);
  element.connectedCallback();
  await settled();
  assert.deepEqual(sent, [["/cart/change.js", { id: "a", quantity: 0 }]]);
});

test("no to the form that works by itself is remembered, and told", async () => {
  globalThis.localStorage = {};
  const { element, sent } = block({ variant: undefined, piece: undefined }, [line("g", 1, {})]);
  element.handleEvent({ type: "reset" });
  await settled();
  assert.ok(Date.now() - JSON.parse(String(localStorage["perennial:no-gift-at"])) < 1000);
  assert.deepEqual([element.hidden, sent], [true, [["/cart/update.js", { attributes: { _perennial_no_gift: "1" } }]]]);
});

test("a gift that is left without goods goes with them, and is no refusal", async () => {
  const gift = { ...line("a", 200, { [GIFT]: "riverbank@7" }), final_line_price: 200 };
  const { sent } = await written("/cart/change.js", { total_price: 200, items: [gift] });
  assert.deepEqual(sent, [["/cart/change.js", { id: "a", quantity: 0 }]]);
  const beside = await written("/cart/change.js", { total_price: 200, items: [gift, { ...line("g", 1, {}), final_line_price: 0 }] });
  assert.deepEqual(beside.sent, [], "goods for nothing are goods");
});
