import assert from "node:assert/strict";
import { test } from "node:test";
import { contrast, luminance, passing } from "../../static/widgets/src/kit/tone.js";

const WHITE = [1, 1, 1];
const BLACK = [0, 0, 0];
const hex = (text) => text.match(/[^#]{2}/g).map((pair) => Number.parseInt(pair, 16) / 255);
const grey = (lightness) => [lightness, lightness, lightness];

test("contrast is WCAG's", () => {
  assert.equal(contrast(WHITE, BLACK), 21);
  assert.equal(contrast(hex("#1e6b4f"), WHITE).toFixed(1), "6.4");
  assert.equal(luminance(WHITE).toFixed(3), "1.000");
});

test("a colour that can be read is left alone", () => {
  const leaf = hex("#1e6b4f");
  assert.equal(passing(leaf, WHITE, grey), leaf);
});

test("a colour that cannot is moved just far enough, away from its ground", () => {
  for (const [colour, ground] of [[grey(0.8), WHITE], [grey(0.3), BLACK], [grey(0.99), WHITE]]) {
    const moved = contrast(passing(colour, ground, grey), ground);
    assert.ok(moved >= 4.5 && moved < 5, `${moved}`);
  }
});
