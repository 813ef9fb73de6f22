import assert from "node:assert/strict";
import { test } from "node:test";
import { choices, roundUp } from "../../static/widgets/src/donation/choices.js";
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

test("the choices are the round-up and the shop's amounts", () => {
  const donation = { amounts_minor: [200, 500], round_up_to_minor: 100 };
  assert.deepEqual(choices(9060, donation), [
    { amountMinor: 40, roundUp: true },
    { amountMinor: 200, roundUp: false },
    { amountMinor: 500, roundUp: false },
  ]);
  assert.deepEqual(choices(9100, donation).map(({ amountMinor }) => amountMinor), [200, 500]);
  assert.deepEqual(choices(9060, {}), []);
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
