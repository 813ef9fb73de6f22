/**
 * Build static/widgets/dist: `node build.mjs`; with --check compare instead and exit 1 on a difference.
 *
 * Every file is bundled alone and imports the others by name, with the hash of all sources as `?v=`:
 * names stay stable for a page that still holds an older loader, and one version never mixes with another.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, "dist");
const ENTRIES = {
  "loader.js": "src/loader.js",
  "kit.js": "src/kit.js",
  "launcher.js": "src/launcher.js",
  "club.js": "src/club/club.js",
  "panel.js": "src/club/panel.js",
  "page.js": "src/page.js",
  "product.js": "src/product.js",
  "goal.js": "src/goal/goal.js",
  "own.js": "src/donation/own.js",
  "away.js": "src/product/away.js",
  "viewed.js": "src/product/viewed.js",
};
const STYLES = {
  "mount.css": "src/mount.css",
  "base.css": "src/kit/base.css",
  "badge.css": "src/product/badge.css",
  "club.css": "src/club/club.css",
  "recommendations.css": "src/product/recommendations.css",
  "donation.css": "src/donation/donation.css",
  "goal.css": "src/goal/goal.css",
  "tasks.css": "src/product/tasks.css",
};
const LANGUAGES = ["en", "ar", "zh-Hant"];

const sha256 = (content) => createHash("sha256").update(content).digest("hex");

/** Every file the build reads, relative and sorted; check.py lists the same. */
function sources() {
  const found = ["VENDOR.txt", "build.mjs", "package.json"];
  for (const folder of ["locales", "src"]) {
    for (const name of readdirSync(join(HERE, folder), { recursive: true })) {
      if (/\.(js|css|json)$/.test(name)) found.push(join(folder, name).replaceAll("\\", "/"));
    }
  }
  return found.sort();
}

function sourceHash() {
  const lines = sources().map((path) => `${sha256(readFileSync(join(HERE, path)))}  ${path}\n`);
  return sha256(lines.join(""));
}

/** The vendored library must be the file VENDOR.txt names. */
function checkVendored() {
  const [, wanted] = /^sha256: ([0-9a-f]{64})$/m.exec(readFileSync(join(HERE, "VENDOR.txt"), "utf8"));
  const got = sha256(readFileSync(join(HERE, "node_modules/lit-html/lit-html.js")));
  if (got !== wanted) throw new Error(`lit-html.js has sha256 ${got}, VENDOR.txt says ${wanted}`);
}

/** What of the vendored library nobody needs here: tags for svg and mathml, its polyfill's door, its count of versions. */
const spare = (code) =>
  code
    .replace(/=(x\([23]\))/g, "=/* @__PURE__ */$1")
    .replace(/,B=t\.litHtmlPolyfillSupport;B\?\.\(S,k\),\(t\.litHtmlVersions\?\?=\[\]\)\.push\("[\d.]+"\);/, ";");

/** Line breaks inside templates, and templates inside these, are our indentation: one space says the same. */
const tighten = (code) => code.replace(/html`[^`]*/g, (text) => text.replace(/\s*\n\s*/g, " ")).replace(/\n\s*(?=<|\$\{)/g, " ");

const apart = (version) => ({
  name: "apart",
  setup(build) {
    build.onResolve({ filter: /\.js$/ }, ({ path, kind, importer }) => {
      const name = path.split("/").pop();
      const shared = kind === "dynamic-import" || name === "kit.js" || name === "club.js";
      return shared && importer && name in ENTRIES ? { path: `./${name}?v=${version}`, external: true } : undefined;
    });
    build.onLoad({ filter: /\.js$/ }, ({ path }) => ({ contents: tighten(spare(readFileSync(path, "utf8"))), loader: "js" }));
  },
});

async function bundle(version) {
  const built = new Map();
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const { outputFiles } = await esbuild.build({
      absWorkingDir: HERE,
      entryPoints: [entry],
      bundle: true,
      write: false,
      minify: true,
      format: "esm",
      target: "es2022",
      charset: "utf8",
      legalComments: "none", // the licence of what is bundled stands in VENDOR.txt
      define: { VERSION: JSON.stringify(version) },
      plugins: [apart(version)],
    });
    built.set(name, Buffer.from(outputFiles[0].contents));
  }
  for (const [name, path] of Object.entries(STYLES)) {
    const { code } = await esbuild.transform(readFileSync(join(HERE, path), "utf8"), { loader: "css", minify: true });
    built.set(name, Buffer.from(code));
  }
  for (const name of LANGUAGES) {
    const { words } = JSON.parse(readFileSync(join(HERE, `locales/${name}.json`), "utf8"));
    built.set(`${name}.json`, Buffer.from(JSON.stringify(words)));
  }
  return built;
}

function receipt(source, built) {
  const lines = [`source  ${source}`, `esbuild ${esbuild.version}`];
  for (const [name, content] of built) {
    lines.push(`${sha256(content)}  ${name}  ${content.length} bytes  ${gzipSync(content, { level: 9 }).length} gzip`);
  }
  return `${lines.join("\n")}\n`;
}

const source = sourceHash();
checkVendored();
const built = await bundle(source.slice(0, 8));
built.set("BUILD.txt", Buffer.from(receipt(source, built)));

if (process.argv.includes("--check")) {
  const committed = new Set(readdirSync(DIST));
  const wrong = [...built].filter(([name, content]) => !committed.delete(name) || !readFileSync(join(DIST, name)).equals(content));
  const names = [...wrong.map(([name]) => name), ...committed];
  if (names.length) {
    process.stderr.write(`dist is not what the sources build: ${names.join(", ")}. Run: node static/widgets/build.mjs\n`);
    process.exit(1);
  }
} else {
  rmSync(DIST, { recursive: true, force: true });
  mkdirSync(DIST);
  for (const [name, content] of built) writeFileSync(join(DIST, name), content);
  process.stdout.write(`${relative(process.cwd(), DIST) || "dist"}\n${built.get("BUILD.txt")}`);
}
