/** Files that are data to us: one language, one stylesheet. Each is fetched once, beside this file. */
/* global VERSION -- the build's hash of all sources */

const kept = new Map();

function once(name, make) {
  if (!kept.has(name)) {
    const file = load(name, make);
    kept.set(name, file);
    file.catch(() => kept.delete(name)); // the next element asks again
  }
  return kept.get(name);
}

async function load(name, make) {
  const response = await fetch(new URL(`./${name}?v=${VERSION}`, import.meta.url));
  if (!response.ok) throw new Error(`${name}: HTTP ${response.status}`);
  return make(response);
}

export const catalogue = (language) => once(`${language}.json`, (response) => response.json());

export const sheet = (name) =>
  once(`${name}.css`, async (response) => new CSSStyleSheet().replace(await response.text()));
