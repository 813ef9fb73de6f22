import assert from "node:assert/strict";
import { test } from "node:test";
import { history } from "../../static/widgets/src/panel/history.js";
import { effect, explains, linesOf, reasonIn, titleOf } from "../../static/widgets/src/panel/why.js";
import { arabic, english, PROGRAM } from "./world.mjs";

const RULE = { points_each: 1, per_minor: 100 };
const TEAPOT = { title: "Celadon teapot", quantity: 1, base_minor: 4800, earned: 48, kept: 48 };
const CUPS = { title: "Everyday cup", quantity: 3, base_minor: 5526, earned: 55, kept: 55 };
const ORDER = { id: "9", at: "2026-11-21T10:00:00Z", kind: "earned", points: 103, order: "2058", why: { rule: RULE, lines: [TEAPOT, CUPS] } };

const shown = (entry, words = english, open = [entry.id]) =>
  history({ words, config: PROGRAM, entries: [entry], open: new Set(open), toggle() {} }).replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
const title = (entry) => english.text(...titleOf(english, entry)).replace(/[\u2066-\u2069]/g, "");

test("an entry is named after its order", () => {
  assert.equal(title(ORDER), "Order #2058");
  assert.equal(title({ kind: "pending", points: 1, order: "#7" }), "Order #7");
  assert.equal(title({ kind: "clawback", points: 1, order: "7" }), "Refund on order #7");
  assert.equal(title({ kind: "released", points: 1, order: "7" }), "Order #7 is ready");
});

test("an entry without an order, or of a kind we do not know, still has a name", () => {
  assert.equal(title({ kind: "adjustment", points: 50 }), "Adjusted by the shop");
  assert.equal(title({ kind: "earned", points: 50 }), "Points earned");
  assert.equal(title({ kind: "clawback", points: 50 }), "Change");
  assert.equal(title({ kind: "brand_new", points: 50, order: "7" }), "Change");
});

test("what takes points is negative, however the book writes it", () => {
  assert.equal(effect({ kind: "clawback", points: 48 }), -48);
  assert.equal(effect({ kind: "clawback", points: -48 }), -48);
  assert.equal(effect({ kind: "adjustment", points: -5 }), -5);
});

test("why is answered line by line, with the rule", () => {
  const text = shown(ORDER);
  assert.match(text, /Celadon teapot \$48\.00 48/);
  assert.match(text, /Everyday cup × 3 \$55\.26 55/);
  assert.match(text, /Total \$103\.26 103/);
  assert.match(text, /1 point per \$1, rounded down once per order\./);
});

test("a line that does not count says so", () => {
  const shipping = { title: "Shipping", base_minor: 0, earned: 0, kept: 0 };
  assert.match(shown({ ...ORDER, why: { lines: [TEAPOT, shipping] } }), /Shipping never earns/);
});

test("a refunded line shows what it earned and what is left", () => {
  assert.deepEqual(linesOf({ lines: [{ ...TEAPOT, kept: 0 }] }), [{ title: "Celadon teapot", quantity: 1, baseMinor: 4800, points: 0, lost: 48 }]);
  const text = shown({ ...ORDER, kind: "clawback", points: 48, why: { lines: [{ ...TEAPOT, kept: 0 }] } });
  assert.match(text, /Order #2058 was refunded, so 48 points went back\./);
  assert.match(text, /48 0/);
});

test("no points has its reason in words", () => {
  assert.match(shown({ ...ORDER, points: 0, why: { reason: "no_rate" } }), /No points: no rate for this currency\./);
  assert.match(shown({ ...ORDER, points: 0, why: { reason: "not_paid" } }, arabic), /لا نقاط: لم يُدفع الطلب بعد/);
});

test("a merchant's words stay as written, a machine's stay inside", () => {
  assert.equal(reasonIn(english, "Parcel arrived late").text, "Parcel arrived late");
  assert.equal(reasonIn(english, "some_new_code"), undefined);
  assert.equal(reasonIn(english, undefined), undefined);
});

test("nothing to answer, no question", () => {
  assert.equal(explains({ kind: "adjustment", points: 5 }), false);
  assert.equal(explains({ kind: "earned", points: 5, order: "7", why: { reason: "earned" } }), false);
  assert.equal(explains({ kind: "released", points: 5, order: "7" }), true);
});

test("pending says until when, where that is known", () => {
  const pending = { id: "1", at: "2026-11-21T10:00:00Z", kind: "pending", points: 103, order: "2058" };
  assert.match(shown(pending), /, pending/);
  assert.match(shown({ ...pending, until: "2026-12-05" }), /pending until 5\u00a0December|pending until 5 December/);
});
