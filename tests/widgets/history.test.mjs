import assert from "node:assert/strict";
import { test } from "node:test";
import { history } from "../../static/widgets/src/panel/history.js";
import { explains, seen, titleOf } from "../../static/widgets/src/panel/why.js";
import { arabic, english, PROGRAM } from "./world.mjs";

const TEAPOT = { title: "Celadon teapot", base_minor: 4800, earned: 48, kept: 48 };
const CUPS = { title: "Everyday cups", base_minor: 5526, earned: 55, kept: 55 };
const WHY = { reason: "earned", currency: "USD", points_each: 1, per_minor: 100, lines: [TEAPOT, CUPS], note: null };
const ORDER = { id: "9", on: "2026-11-21", kind: "earned", points: 103, state: "pending", order: "2058", why: WHY };

const shown = (entry, words = english) =>
  history({ words, config: PROGRAM, entries: [entry], open: new Set([entry.id]), toggle() {} }).replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
const title = (entry) => english.text(...titleOf(english, entry)).replace(/[\u2066-\u2069]/g, "");

test("an entry is named after its order", () => {
  assert.equal(title(ORDER), "Order #2058");
  assert.equal(title({ kind: "earned", points: 1, order: "#7" }), "Order #7");
  assert.equal(title({ kind: "clawback", points: -1, order: "7" }), "Change to order #7");
  assert.equal(title({ kind: "released", points: 1, order: "7" }), "Order #7 is ready");
});

test("an entry without an order, or of a kind we do not know, still has a name", () => {
  assert.equal(title({ kind: "adjustment", points: 50, order: null }), "Adjusted by the shop");
  assert.equal(title({ kind: "earned", points: 50, order: null }), "Points earned");
  assert.equal(title({ kind: "clawback", points: -50, order: null }), "Change");
  assert.equal(title({ kind: "brand_new", points: 50, order: "7" }), "Change");
});

test("points wait until a newer entry of their order released them", () => {
  const released = { ...ORDER, id: "12", kind: "released", state: "available" };
  assert.deepEqual(seen([ORDER]).map(({ isWaiting }) => isWaiting), [true]);
  assert.deepEqual(seen([released, ORDER]).map(({ isWaiting }) => isWaiting), [false, false]);
  assert.deepEqual(seen([{ ...released, order: "1" }, ORDER]).map(({ isWaiting }) => isWaiting), [false, true]);
  assert.match(shown(ORDER), /, pending/);
});

test("what an order no longer gives does not wait", () => {
  const gone = { ...ORDER, why: { ...WHY, lines: [{ ...TEAPOT, kept: 0 }] } };
  assert.equal(seen([gone])[0].isWaiting, false);
});

test("an entry that changed nothing for the member is left out", () => {
  assert.deepEqual(seen([{ ...ORDER, kind: "repayment", points: 0 }]), []);
});

test("a release has no sign: its points were counted before", () => {
  assert.match(shown(ORDER), /\+103 points/);
  assert.match(shown({ ...ORDER, kind: "released", state: "available" }), / 103 points/);
});

test("why is answered line by line, with the rule", () => {
  const text = shown(ORDER);
  assert.match(text, /Celadon teapot \$48\.00 48/);
  assert.match(text, /Total \$103\.26 103/);
  assert.match(text, /1 point per \$1, rounded down once per order\./);
});

test("a line that does not count says so", () => {
  const shipping = { title: "Shipping", base_minor: 0, earned: 0, kept: 0 };
  assert.match(shown({ ...ORDER, why: { ...WHY, lines: [TEAPOT, shipping] } }), /Shipping never earns/);
});

test("a refund says what went back, of which line", () => {
  const why = { ...WHY, lines: [{ ...TEAPOT, kept: 24 }, CUPS] };
  const text = shown({ ...ORDER, kind: "clawback", points: -24, why });
  assert.match(text, /\u221224 points/);
  assert.match(text, /Order #2058 was refunded, cancelled or changed, so 24 points went back\./);
  assert.match(text, /Celadon teapot \$48\.00 48 24/);
});

test("a cancelled order is not called refunded", () => {
  const cancelled = { ...ORDER, kind: "clawback", points: -103, why: { ...WHY, reason: "cancelled" } };
  assert.match(shown(cancelled), /No points: the order was cancelled\./);
  assert.match(shown(cancelled, arabic), /لا نقاط: أُلغي الطلب\./);
});

test("a merchant's words stay as written, a machine's stay inside", () => {
  const adjusted = { ...ORDER, kind: "adjustment", order: null, points: 50, why: { reason: "adjustment", lines: [], note: "Parcel arrived late" } };
  const text = shown(adjusted);
  assert.match(text, /Why\? Parcel arrived late/);
  assert.doesNotMatch(text, /adjustment/);
});

test("nothing to answer, no question", () => {
  assert.equal(explains(english, { kind: "merge", order: null, why: null }), false);
  assert.equal(explains(english, { kind: "earned", order: "7", why: { reason: "earned", lines: [], note: null } }), false);
  assert.equal(explains(english, { kind: "released", order: "7", why: null }), true);
});

test("a day of the shop is that day in every shopper's zone", () => {
  const home = process.env.TZ;
  for (const zone of ["Pacific/Auckland", "America/Los_Angeles", "UTC"]) {
    process.env.TZ = zone;
    assert.match(shown({ ...ORDER, at: "2026-11-21T23:30:00Z", on: "2026-11-22" }), /22\sNovember/);
  }
  if (home === undefined) delete process.env.TZ;
  else process.env.TZ = home;
});
