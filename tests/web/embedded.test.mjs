/** The script of the admin inside Shopify's, in a page small enough to read, with App Bridge's one promise. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const CODE = readFileSync(new URL("../../static/admin/embedded.js", import.meta.url), "utf8");
const ORIGIN = "https://perennial.example";
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A page at `path`; what it opens, what it sends, and what stands in its address. */
function page(path, answer = () => ({})) {
  const heard = {};
  const seen = { opened: [], sent: [], shown: [], processed: 0, replaced: undefined };
  const main = { replaceWith: (node) => seen.shown.push(node) };
  let tokens = 0;
  const document = {
    documentElement: { lang: "ar" },
    addEventListener: (name, listener) => (heard[name] = listener),
    querySelector: (query) => (query === "main" ? main : { content: "Not sent." }),
    createElement: () => ({}),
    adoptNode: (node) => node,
  };
  const url = new URL(path, ORIGIN);
  const globals = {
    URL,
    URLSearchParams,
    FormData: class {
      constructor(form) {
        return new URLSearchParams(form.fields);
      }
    },
    DOMParser: class {
      parseFromString(text) {
        return { querySelector: () => text };
      }
    },
    document,
    history: { replaceState: (_state, _title, address) => (seen.replaced = String(address)) },
    location: Object.assign(url, { assign: (next) => seen.opened.push(String(next)) }),
    fetch: async (target, options) => {
      seen.sent.push([target, options.method, String(options.body), options.headers["Accept-Language"]]);
      return answer(target);
    },
    shopify: { idToken: async () => `token-${(tokens += 1)}` },
    htmx: { process: () => (seen.processed += 1) },
  };
  vm.runInNewContext(CODE, globals);
  return { heard, seen };
}

const link = (href, more = {}) => {
  const { origin, pathname, hash } = new URL(href, ORIGIN);
  return { href: new URL(href, ORIGIN).href, origin, pathname, hash, target: "", ...more };
};

/** A click on `anchor`; true if the browser would follow it by itself. */
function click({ heard }, anchor, more = {}) {
  let isOurs = false;
  heard.click({ button: 0, target: { closest: () => anchor }, preventDefault: () => (isOurs = true), ...more });
  return !isOurs;
}

function form(method, more = {}) {
  const notes = [];
  const found = {
    method,
    action: `${ORIGIN}/admin/s/rewards?old=1`,
    enctype: "application/x-www-form-urlencoded",
    dataset: {},
    fields: { name: "Tea" },
    closest: () => null,
    querySelector: () => null,
    append: (note) => notes.push(note),
    ...more,
  };
  return { found, notes, submit: ({ heard }, submitter) => heard.submit({ target: found, submitter, preventDefault() {} }) };
}

test("a token that has served leaves the address", () => {
  assert.equal(page("/admin/s/?id_token=old&host=h").seen.replaced, `${ORIGIN}/admin/s/?host=h`);
  assert.equal(page("/admin/s/").seen.replaced, undefined);
});

test("a link opens its page with a fresh token and in the language of this one", async () => {
  const here = page("/admin/s/");
  assert.equal(click(here, link("/admin/s/members?q=mia")), false);
  assert.equal(click(here, link("/admin/s/giving?id_token=old")), false);
  await settled();
  assert.deepEqual(here.seen.opened, [
    `${ORIGIN}/admin/s/members?q=mia&locale=ar&id_token=token-1`,
    `${ORIGIN}/admin/s/giving?id_token=token-2&locale=ar`,
  ]);
});

test("what is not ours to open is left to the browser", async () => {
  const here = page("/admin/s/members");
  const inside = link("/admin/s/members#list");
  for (const anchor of [null, inside, link("https://elsewhere.example/"), link("/admin/s/", { target: "_top" })]) {
    assert.equal(click(here, anchor), true);
  }
  for (const more of [{ ctrlKey: true }, { metaKey: true }, { shiftKey: true }, { button: 1 }, { defaultPrevented: true }]) {
    assert.equal(click(here, link("/admin/s/"), more), true);
  }
  await settled();
  assert.deepEqual(here.seen.opened, []);
});

test("a form that only asks becomes an address", async () => {
  const here = page("/admin/s/rewards");
  await form("get").submit(here);
  await settled();
  assert.deepEqual(here.seen.opened, [`${ORIGIN}/admin/s/rewards?name=Tea&locale=ar&id_token=token-1`]);
  assert.deepEqual(here.seen.sent, []);
});

test("a form that was taken leads to its next page, and goes out once", async () => {
  const here = page("/admin/s/rewards", () => ({ redirected: true, url: `${ORIGIN}/admin/s/rewards/7` }));
  const one = form("post");
  const other = { hasAttribute: () => true, formAction: `${ORIGIN}/admin/s/rewards/preview` };
  await Promise.all([one.submit(here, other), one.submit(here, other)]);
  await settled();
  assert.deepEqual(here.seen.sent, [[other.formAction, "POST", "name=Tea", "ar"]]);
  assert.deepEqual(here.seen.opened, [`${ORIGIN}/admin/s/rewards/7?locale=ar&id_token=token-1`]);
});

test("what is wrong with a form is shown in its place, and it can be sent again", async () => {
  const here = page("/admin/s/rewards", () => ({ redirected: false, text: async () => "<main>wrong</main>" }));
  const one = form("post");
  await one.submit(here);
  await one.submit(here);
  assert.deepEqual([here.seen.sent.length, here.seen.shown.length, here.seen.processed], [2, 2, 2]);
  assert.deepEqual(here.seen.opened, []);
});

test("a request that broke off is said beside the form, which keeps what was written", async () => {
  const here = page("/admin/s/rewards", () => {
    throw new Error("offline");
  });
  const { submit, notes, found } = form("post");
  await submit(here);
  assert.deepEqual(notes, [{ className: "wrong failed", role: "alert", textContent: "Not sent." }]);
  assert.equal(found.dataset.sent, undefined);
});

test("htmx's own forms and requests keep the language and are not sent twice", async () => {
  const here = page("/admin/s/rewards");
  const its = form("post");
  its.found.closest = () => its.found;
  await its.submit(here);
  const detail = { headers: {} };
  here.heard["htmx:configRequest"]({ detail });
  assert.deepEqual([here.seen.sent, detail.headers], [[], { "Accept-Language": "ar" }]);
});
