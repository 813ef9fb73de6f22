/** Around the sandboxes of the app's extensions: signs for them, and changes the cart as they ask. */
const frames = [...document.querySelectorAll("iframe[data-extension]")];

async function json(path, body) {
  const options = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, options);
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return response.json();
}

const last = (gid) => gid.slice(gid.lastIndexOf("/") + 1);

const ANSWERS = {
  lines: async ({ type, id, merchandiseId, quantity, attributes = [] }) => {
    const properties = Object.fromEntries(attributes.map(({ key, value }) => [key, value]));
    if (type === "addCartLine") await json("/cart/add.js", { items: [{ id: Number(last(merchandiseId)), quantity, properties }] });
    else await json("/cart/change.js", { id: last(id), quantity: type === "removeCartLine" ? 0 : quantity });
  },
  code: async ({ code }) => {
    const response = await fetch("/cart/code", { method: "POST", body: new URLSearchParams({ code, back: "checkout" }) });
    if (!response.ok) throw new Error(`code: HTTP ${response.status}`);
  },
};

/** The page's own sums, after a change. */
async function refresh() {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (fresh) part.replaceWith(document.adoptNode(fresh));
  }
}

/** What an extension keeps in this browser. */
const kept = (key) => `extension:${key}`;
const NOTES = {
  token: async () => (await json("/_extensions/token")).token,
  recall: ({ key }) => JSON.parse(localStorage.getItem(kept(key))),
  keep: ({ key, data }) => localStorage.setItem(kept(key), JSON.stringify(data)),
};

async function answer(what, given) {
  if (what in NOTES) return { answer: await NOTES[what](given) };
  try {
    await ANSWERS[what](given);
  } catch (problem) {
    return { answer: { type: "error", message: problem.message } };
  }
  await refresh();
  return { answer: { type: "success" }, state: await json("/_extensions/state") };
}

addEventListener("message", async ({ source, data }) => {
  const frame = frames.find(({ contentWindow }) => contentWindow === source);
  if (!frame) return;
  if (data.height) frame.style.blockSize = `${data.height}px`;
  if (data.ask in ANSWERS || data.ask in NOTES) source.postMessage({ id: data.id, ...(await answer(data.ask, data.given)) }, "*");
});
for (const frame of frames) frame.src = frame.dataset.extension;
