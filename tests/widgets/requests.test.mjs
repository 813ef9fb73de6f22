import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { act, ask, config, exponentOf, read, Refused, settle } from "../../static/widgets/src/kit/requests.js";
import { listen, PROGRAM } from "./world.mjs";

const BASE = "https://perennial.example/storefront/woocommerce/p1";
const TOKEN = "https://acme.example/wp-admin/admin-ajax.php?action=perennial_token";
const MIA = { head: { title: "Hello Mia" }, sections: [] };
const GUEST = { head: { title: "Acme" }, sections: [] };
const live = () => new AbortController().signal;

beforeEach(() => settle({ base: `${BASE}/`, language: "en" }));

test("two who ask for the same thing share one request", async () => {
  const asked = listen(() => ({ body: { points: 48 } }));
  const [one, two] = await Promise.all([read("badge?product=1", live()), read("badge?product=1", live())]);
  assert.deepEqual([one, two], [{ points: 48 }, { points: 48 }]);
  assert.deepEqual(asked.map(({ url }) => url), [`${BASE}/badge?product=1&lang=en`]);
});

test("one who leaves does not take the answer from the other", async () => {
  listen(() => ({ body: { points: 48 } }));
  const leaving = new AbortController();
  const left = read("badge?product=1", leaving.signal);
  const stayed = read("badge?product=1", live());
  leaving.abort();
  await assert.rejects(left, { name: "AbortError" });
  assert.deepEqual(await stayed, { points: 48 });
});

test("a refusal carries its code", async () => {
  listen(() => ({ status: 503, body: { code: "temporarily_unavailable", message: "busy", request_id: "r1" } }));
  await assert.rejects(read("config", live()), (problem) => {
    assert.ok(problem instanceof Refused);
    assert.deepEqual([problem.status, problem.code], [503, "temporarily_unavailable"]);
    return true;
  });
});

test("behind the shop's own address the shopper needs no token", async () => {
  const asked = listen(() => ({ body: MIA }));
  assert.deepEqual(await ask("club", live()), MIA);
  assert.deepEqual(asked.map(({ url, headers }) => [url, headers]), [[`${BASE}/club?lang=en`, undefined]]);
});

test("elsewhere the shop's token goes with the question", async () => {
  settle({ base: BASE, tokenUrl: TOKEN, language: "en" });
  const asked = listen((url) => ({ body: url === TOKEN ? { token: "abc" } : MIA }));
  assert.deepEqual(await ask("club", live()), MIA);
  assert.equal(asked[1].headers.Authorization, "Bearer abc");
});

test("a guest has no token, and sees what guests see", async () => {
  settle({ base: BASE, tokenUrl: TOKEN, language: "en" });
  const asked = listen((url) => ({ body: url === TOKEN ? { token: null } : GUEST }));
  assert.deepEqual(await ask("club", live()), GUEST);
  assert.equal(asked[1].headers, undefined);
});

test("a token that lapsed on the way is fetched anew, once", async () => {
  settle({ base: BASE, tokenUrl: TOKEN, language: "en" });
  let tokens = 0;
  listen((url, { headers }) => {
    if (url === TOKEN) return { body: { token: `t${(tokens += 1)}` } };
    return headers?.Authorization === "Bearer t2" ? { body: MIA } : { status: 401, body: { code: "token_expired" } };
  });
  assert.deepEqual(await ask("club", live()), MIA);
  listen((url) => (url === TOKEN ? { body: { token: "bad" } } : { status: 401, body: { code: "bad_token" } }));
  await assert.rejects(ask("club", live()), { code: "bad_token" });
});

test("the programme is asked once a page, but not remembered when it failed", async () => {
  listen(() => ({ status: 500, body: {} }));
  await assert.rejects(config(live()), { code: "http_500" });
  const asked = listen(() => ({ body: PROGRAM }));
  assert.deepEqual(await config(live()), PROGRAM);
  assert.deepEqual(await config(live()), PROGRAM);
  assert.equal(asked.length, 1);
});

test("the shop says its currency's decimals", () => {
  assert.equal(exponentOf("USD", { program: { currency: "USD" }, currency_exponent: 3 }), 3);
  assert.deepEqual(["USD", "JPY", "KWD"].map((currency) => exponentOf(currency, undefined)), [2, 0, 3]);
});

test("an act is posted as JSON with a key of its own, in the header and where headers are lost", async () => {
  const asked = listen(() => ({ body: { id: "9" } }));
  assert.deepEqual(await act("redeem", { reward_id: "1" }), { id: "9" });
  await act("redeem", { reward_id: "1" });
  const [one, two] = asked;
  const key = one.headers["Idempotency-Key"];
  assert.deepEqual([one.method, one.sent, one.headers["Content-Type"]], ["POST", '{"reward_id":"1"}', "application/json"]);
  assert.equal(one.url, `${BASE}/redeem?once=${key}&lang=en`);
  assert.match(key, /^[0-9a-f-]{36}$/);
  assert.notEqual(two.headers["Idempotency-Key"], key);
});

test("a wish without an answer keeps its key, a refused one does not", async () => {
  const answers = [{ status: 502, body: {} }, { status: 409, body: { code: "sold_out" } }, { body: {} }];
  const asked = listen(() => answers.shift());
  await assert.rejects(act("redeem", { reward_id: "1" }), { code: "http_502" });
  await assert.rejects(act("redeem", { reward_id: "1" }), { code: "sold_out" });
  await act("redeem", { reward_id: "1" });
  const [lost, refused, done] = asked.map(({ headers }) => headers["Idempotency-Key"]);
  assert.equal(lost, refused);
  assert.notEqual(refused, done);
});

test("an act goes out with the shop's token, and with a new one when it lapsed", async () => {
  settle({ base: BASE, tokenUrl: TOKEN, language: "ar" });
  let tokens = 0;
  const asked = listen((url, { headers }) => {
    if (url === TOKEN) return { body: { token: `t${(tokens += 1)}` } };
    return headers.Authorization === "Bearer t2" ? { body: {} } : { status: 401, body: { code: "expired" } };
  });
  await act("join");
  const [first, second] = asked.filter(({ method }) => method === "POST");
  assert.equal(first.headers["Idempotency-Key"], second.headers["Idempotency-Key"]);
  assert.equal(second.sent, "{}");
});
