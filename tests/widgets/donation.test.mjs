import assert from "node:assert/strict";
import { test } from "node:test";
import { choices, roundUp } from "../../static/widgets/src/donation/choices.js";
import { minorOf } from "../../static/widgets/src/donation/own.js";
import { declined, remember, rememberNo } from "../../static/widgets/src/kit/memory.js";

const DAY_MS = 86_400_000;

const NO = "no-gift-at";

test("rounding up reaches the next whole amount", () => {
  assert.equal(roundUp(9060, 100), 40);
  assert.equal(roundUp(9001, 500), 499);
  assert.equal(roundUp(1, 1000), 999);
});

test("a round total leaves nothing to round, and an empty cart too", () => {
  assert.equal(roundUp(9100, 100), 0);
  assert.equal(roundUp(0, 100), 0);
  assert.equal(roundUp(Number.NaN, 100), 0);
  assert.equal(roundUp(9060, 0), 0);
});

const BOTH = { round_up: "riverbank", add_on: "riverbank@7" };
const ASKED = { amounts_minor: [200, 500], round_up_to_minor: 100 };
const minors = (found) => found.map(({ amountMinor }) => amountMinor);

test("the choices are the shop's amounts and the round-up", () => {
  assert.deepEqual(choices(9060, ASKED, BOTH, 1), [
    { amountMinor: 200, roundUp: false },
    { amountMinor: 500, roundUp: false },
    { amountMinor: 40, roundUp: true },
  ]);
  assert.deepEqual(minors(choices(9100, ASKED, BOTH, 1)), [200, 500]);
  assert.deepEqual(minors(choices(9060, { ...ASKED, round_up_to_minor: 0 }, BOTH, 1)), [200, 500]);
});

test("a cause is offered what its programmes name, and what pieces make up", () => {
  assert.deepEqual(minors(choices(9060, ASKED, { round_up: "shelter@8" }, 1)), [40]);
  assert.deepEqual(minors(choices(9060, ASKED, { add_on: "shelter@9" }, 1)), [200, 500]);
  assert.deepEqual(minors(choices(9065, { amounts_minor: [125, 1000], round_up_to_minor: 1000 }, BOTH, 10)), [1000]);
});

test("an amount of one's own is typed as people write it", () => {
  assert.deepEqual(["7.5", "7,50", " 7.50 ", "\u0667\u066b\u0665", "\u06f7,\u06f5\u06f0", "７．５"].map((text) => minorOf(text, 2)), Array(6).fill(750));
  assert.deepEqual([minorOf("1,250", 3), minorOf("500", 0), minorOf("\u200f12", 2), minorOf("\u00a012 ", 2)], [1250, 500, 1200, 1200]);
  for (const text of ["", "abc", "-5", "1.234", "1,234.50", "5.", "1e3", "\u221e", "2 5", "1\u00a0000", "1\u202f000"]) assert.ok(Number.isNaN(minorOf(text, 2)), text);
  assert.ok(Number.isNaN(minorOf("1.5", 0)));
});

test("a no lasts ninety days and not a day longer", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  assert.equal(declined(NO, now), false);
  rememberNo(NO, now);
  assert.equal(declined(NO, now + 89 * DAY_MS), true);
  assert.equal(declined(NO, now + 90 * DAY_MS), false);
  remember(NO, null);
  assert.equal(declined(NO, now), false);
});

test("a browser that keeps nothing still lets the shopper choose", () => {
  const working = globalThis.localStorage;
  globalThis.localStorage = { getItem: () => { throw new Error("denied"); }, setItem: () => { throw new Error("full"); } };
  rememberNo(NO);
  assert.equal(declined(NO), false);
  globalThis.localStorage = working;
});
