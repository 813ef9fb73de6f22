/** What the checkout knows of gifts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GIFT, isAsked, replaceGifts, ROUNDED, typed } from "../../../../adapters/shopify/extensions/shared/gift.js";

test("an amount is typed as people write it; two amounts are none", () => {
  assert.deepEqual(["7.5", " 7,50 ", "\u00a07.50", "\u0667\u066b\u0665", "\u200f7.5"].map((text) => typed(text, 2)), Array(5).fill(750));
  for (const text of ["", "2 5", "1\u00a0000", "1\u202f000", "1.234", "-5"]) assert.ok(Number.isNaN(typed(text, 2)), text);
});

const line = (mark, rounded) => ({ attributes: [{ key: GIFT, value: mark }, ...(rounded ? [{ key: ROUNDED, value: "100" }] : [])] });

test("a gift in the order is asked still while its cause has a way for it", () => {
  const causes = [{ key: "trees", name: "Trees", story: "", picture_url: "", ways: { add_on: "trees@9" } }];
  assert.deepEqual([undefined, line("trees@9"), line("trees@7"), line("1")].map((one) => isAsked(one, causes)), [true, true, true, true]);
  assert.deepEqual([line("trees@8", true), line("riverbank@7")].map((one) => isAsked(one, causes)), [false, false]);
  assert.deepEqual([line("trees@9"), line("1"), undefined].map((one) => isAsked(one, [])), [false, false, false]);
});

/** An order whose lines another tab may change before each of our writes. */
function checkout(gifts, meanwhile = () => {}) {
  const order = { lines: gifts.map((id) => ({ id, quantity: 1, ...line("trees") })) };
  const remove = async ({ id }) => {
    meanwhile(order);
    const left = order.lines.filter((one) => one.id !== id);
    const found = left.length < order.lines.length;
    order.lines = left.map((one) => ({ ...one, id: `${one.id}'` })); // ids change with every change
    return found;
  };
  const add = async () => Boolean(order.lines.push({ id: "ours", quantity: 1, ...line("trees") }));
  return { order, give: (wanted) => replaceGifts(() => order.lines, remove, wanted ? add : null) };
}

test("a gift takes the place of every gift that other tabs have added by then", async () => {
  for (const there of [[], ["a"], ["a", "b"], ["a", "b", "c"]]) {
    const { order, give } = checkout(there);
    assert.equal(await give(true), true);
    assert.deepEqual(order.lines.map(({ id }) => id), ["ours"]);
    assert.equal(await give(false), true);
    assert.deepEqual(order.lines, []);
  }
});

test("where a gift cannot be taken out, none is added beside it", async () => {
  const { order, give } = checkout(["a"], (found) => (found.lines = [{ id: "theirs", quantity: 1, ...line("trees") }]));
  assert.equal(await give(true), false);
  assert.deepEqual(order.lines.map(({ id }) => id), ["theirs'"]);
});
