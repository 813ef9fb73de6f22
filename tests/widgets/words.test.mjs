import assert from "node:assert/strict";
import { test } from "node:test";
import { catalogueFor, decimal, formatTag, ltr, own } from "../../static/widgets/src/kit/words.js";
import { arabic, chinese, egyptian, english } from "./world.mjs";

const ARABIC_POINTS = [
  [0, "لا نقاط"],
  [1, "نقطة واحدة"],
  [2, "نقطتان"],
  [3, "3 نقاط"],
  [11, "11 نقطة"],
  [100, "100 نقطة"],
  [103, "103 نقاط"],
  [2340, "2,340 نقطة"],
];

for (const [n, said] of ARABIC_POINTS) {
  test(`Arabic counts ${n} points`, () => assert.equal(arabic.count("points", n), said));
}

test("Arabic says two in the oblique case after a verb", () => {
  assert.equal(arabic.text("earn", { points: 2 }), "اكسب نقطتين");
  assert.equal(arabic.text("together", { times: 2 }), "اشتُري معه مرتين");
});

test("English has one and many", () => {
  assert.equal(english.text("earn", { points: 1 }), "Earn 1 point");
  assert.equal(english.text("earn", { points: 2340 }), "Earn 2,340 points");
});

test("Chinese has a measure word and no plural", () => {
  assert.equal(chinese.text("together", { times: 12 }), "一起購買 12 次");
});

test("money keeps its side in a right-to-left sentence", () => {
  const { text, dir } = arabic.money(4800, "USD", 2);
  assert.equal(dir, "ltr");
  assert.doesNotMatch(text, /[\u200e\u200f\u061c]/);
  assert.equal(arabic.text("gift_round_up", { money: ltr("91") }), "تقريب المجموع إلى \u206691\u2069");
});

test("money has the currency's own decimals, exact at any size", () => {
  assert.equal(english.money(4805, "USD", 2).text, "$48.05");
  assert.equal(english.money(500, "JPY", 0).text, "¥500");
  assert.match(english.money(1250, "KWD", 3).text, /1\.250$/);
  assert.equal(english.money(100, "USD", 2, { brief: true }).text, "$1");
  assert.equal(english.money(150, "USD", 2, { brief: true }).text, "$1.50");
  assert.equal(decimal(5, 2), "0.05");
  assert.equal(decimal(-4805, 2), "-48.05");
});

test("a negative number wears the true minus", () => {
  assert.deepEqual(english.signed(-48), ltr("\u221248"));
  assert.deepEqual(english.signed(103), ltr("+103"));
  assert.deepEqual(arabic.signed(-48), ltr("\u221248"));
});

test("a day is said the way its language says it, unbroken", () => {
  const now = new Date("2026-11-22T12:00:00Z");
  assert.equal(english.date("2026-12-05", now), "5\u00a0December");
  assert.equal(arabic.date("2026-12-05", now), "5\u00a0ديسمبر");
  assert.equal(chinese.date("2026-12-05", now), "12月5日");
  assert.equal(english.date("2027-01-09", now), "9\u00a0January\u00a02027");
});

test("Egypt counts with its own digits, the Emirates with Latin ones", () => {
  assert.equal(egyptian.number(2340), "٢٬٣٤٠");
  assert.equal(arabic.number(2340), "2,340");
});

test("any tag a shop may have finds a language", () => {
  assert.deepEqual(["en_US", "ar", "zh-TW", "zh", "de", ""].map((tag) => catalogueFor(tag)), ["en", "ar", "zh-Hant", "zh-Hant", "en", "en"]);
  assert.deepEqual(["en_GB", "zh_TW", "zh-CN", "de-AT", "not a tag"].map(formatTag), ["en-GB", "zh-TW", "zh-Hant", "en", "en"]);
});

test("a name keeps its own direction", () => {
  assert.deepEqual(english.parts("hello", { name: own("نور") }), [{ text: "Hello " }, { name: "name", text: "نور", dir: "auto" }]);
});
