import assert from "node:assert/strict";
import { test } from "node:test";
import { catalogueFor, decimal, formatTag, ltr, own } from "../../static/widgets/src/kit/words.js";
import { arabic, egyptian, english } from "./world.mjs";

test("money keeps its side in a right-to-left sentence", () => {
  const { text, dir } = arabic.money(4800, "USD", 2);
  assert.equal(dir, "ltr");
  assert.doesNotMatch(text, /[\u200e\u200f\u061c]/);
  assert.equal(arabic.text("gift_range", { least: ltr("1"), most: ltr("91") }), "من \u20661\u2069 إلى \u206691\u2069");
});

test("money has the currency's own decimals, exact at any size", () => {
  assert.equal(english.money(4805, "USD", 2).text, "$48.05");
  assert.equal(english.money(500, "JPY", 0).text, "¥500");
  assert.match(english.money(1250, "KWD", 3).text, /1\.250$/);
  assert.equal(decimal(5, 2), "0.05");
  assert.equal(decimal(-4805, 2), "-48.05");
});

test("a negative number wears the true minus", () => {
  assert.deepEqual(english.number(-48), ltr("\u221248"));
  assert.deepEqual(arabic.number(-48), ltr("\u221248"));
});

test("Egypt counts with its own digits, the Emirates with Latin ones", () => {
  assert.equal(egyptian.number(2340).text, "٢٬٣٤٠");
  assert.equal(arabic.number(2340).text, "2,340");
});

test("any tag a shop may have finds a language", () => {
  assert.deepEqual(["en_US", "ar", "zh-TW", "zh", "de", ""].map((tag) => catalogueFor(tag)), ["en", "ar", "zh-Hant", "zh-Hant", "en", "en"]);
  assert.deepEqual(["en_GB", "zh_TW", "zh-CN", "de-AT", "not a tag"].map(formatTag), ["en-GB", "zh-TW", "zh-Hant", "en", "en"]);
});

test("a name keeps its own direction", () => {
  assert.deepEqual(english.parts("gift_for", { cause: own("نور") }), [{ text: "A gift to " }, { text: "نور", dir: "auto" }, { text: "" }]);
});
