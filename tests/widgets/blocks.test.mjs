import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, head, section } from "../../static/widgets/src/club/blocks.js";
import { CLUB, english } from "./world.mjs";

const club = (view) => ({ words: english, door: (name) => `/${name}`, view: { open: new Set(), ...view } });
const text = (drawn) => drawn.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim();
const named = (id) => CLUB.sections.find((block) => block.id === id);
const shown = (id, view) => section(club(view), named(id));

test("the head says who, how much, what comes and how far", () => {
  assert.equal(
    text(head(club(), CLUB.head)),
    "You have 2,340 points, worth $117 2,340 points, worth $117 103 points more on 5 December Seed Sprout Bloom Evergreen",
  );
});

test("a guest is shown the shop's own doors", () => {
  const drawn = head(club(), { invite: "Join free.", acts: [{ label: "Join", door: "join" }] });
  assert.match(drawn, /href=\/join/);
});

test("a row has a title, its lines and its buttons", () => {
  assert.match(text(shown("rewards")), /Use your points \$15 off 300 points Use .*A cup from the kiln 2,500 points, 160 to go Soon/);
});

test("the question before an act stands below its row, with both ways out", () => {
  assert.doesNotMatch(text(shown("rewards")), /\?.*Not now/);
  assert.match(text(shown("rewards", { asking: "rewards-r1-0" })), /Use 300 points for \$15 off\? Use Not now/);
});

test("while something is done nothing else can be pressed, and nothing loses the focus", () => {
  const drawn = shown("rewards", { busy: true });
  assert.match(drawn, /aria-disabled=true/);
  assert.doesNotMatch(drawn, /aria-disabled=false/);
  assert.match(shown("rewards", { offline: true }), /aria-disabled=true/);
});

test("a code can be copied, a link can be sent", () => {
  assert.match(text(shown("codes")), /PRL-7KQ2M9XWDR4HT8VBN Copy/);
  assert.match(text(shown("invite")), /ref=k7m2p9qx Copy WhatsApp E-mail/);
});

test("why is answered line by line where it is asked", () => {
  assert.doesNotMatch(text(shown("history")), /Celadon/);
  const open = text(shown("history", { open: new Set(["history-9"]) }));
  assert.match(open, /Celadon teapot \$48 48 24 Shipping never earns Total \$48 24 1 point per \$1/);
});

test("a form sends what it offers, and a day as one", () => {
  const [act] = named("you").acts;
  const elements = { day: { selectedIndex: 2 }, month: { selectedIndex: 1 }, greet: { checked: true } };
  assert.deepEqual(bodyOf(act, elements), { name: "birthday", month_day: "01-02", greet: true });
  const [use] = named("rewards").items[2].acts;
  assert.deepEqual(bodyOf(use, { amount: { selectedIndex: 1 } }), { reward_id: "3", amount: 1000 });
});
