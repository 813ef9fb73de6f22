/**
 * Build adapters/shopify/extensions/dist, which the practice shop mounts: `node build.mjs`; with --check lint
 * the theme, check the types and compare dist instead, and exit 1 on a problem.
 *
 * Shopify builds the extensions itself, with the same esbuild, from the same src.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { themeCheckRun } from "@shopify/theme-check-node";
import * as esbuild from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, "dist");
const LIMIT_BYTES = 64 * 1024;
const ENTRIES = {
  "checkout.js": "perennial-checkout/src/Checkout.jsx",
  "thank-you.js": "perennial-thank-you/src/ThankYou.jsx",
  "order-status.js": "perennial-thank-you/src/OrderStatus.jsx",
  "profile.js": "perennial-account/src/Profile.jsx",
  "page.js": "perennial-account/src/Page.jsx",
};

const sha256 = (content) => createHash("sha256").update(content).digest("hex");

/** Every file the bundles are made of, relative and sorted; check.py lists the same. */
function sources() {
  const found = ["build.mjs", "package.json"];
  for (const folder of ["shared", ...readdirSync(HERE).filter((name) => name.startsWith("perennial-") && name !== "perennial-theme")]) {
    for (const name of readdirSync(join(HERE, folder), { recursive: true })) {
      if (/\.jsx?$/.test(name)) found.push(join(folder, name).replaceAll("\\", "/"));
    }
  }
  return found.sort();
}

function sourceHash() {
  const lines = sources().map((path) => `${sha256(readFileSync(join(HERE, path)))}  ${path}\n`);
  return sha256(lines.join(""));
}

async function bundle() {
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
      legalComments: "none",
      jsx: "automatic",
      jsxImportSource: "preact",
    });
    built.set(name, Buffer.from(outputFiles[0].contents));
  }
  return built;
}

function receipt(built) {
  const lines = [`source  ${sourceHash()}`, `esbuild ${esbuild.version}`];
  for (const [name, content] of built) {
    lines.push(`${sha256(content)}  ${name}  ${content.length} bytes  ${gzipSync(content, { level: 9 }).length} gzip`);
  }
  return `${lines.join("\n")}\n`;
}

/** What theme-check finds, warnings too. */
async function themeProblems() {
  const root = join(HERE, "perennial-theme");
  const { offenses } = await themeCheckRun(root, join(root, ".theme-check.yml"), () => {});
  return offenses.map(({ check, uri, start, message }) => `${uri.split("/").slice(-2).join("/")}:${(start?.line ?? 0) + 1}: ${check}: ${message}`);
}

function typeProblems() {
  const tsc = join(HERE, "node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", join(HERE, "tsconfig.json")], { encoding: "utf8" });
  return status ? [stdout.trim()] : [];
}

const built = await bundle();
const large = [...built].filter(([, content]) => content.length > LIMIT_BYTES);
const problems = large.map(([name, content]) => `${name} is ${content.length} bytes, the limit is ${LIMIT_BYTES}`);
built.set("BUILD.txt", Buffer.from(receipt(built)));

if (process.argv.includes("--check")) {
  const committed = new Set(readdirSync(DIST));
  const wrong = [...built].filter(([name, content]) => !committed.delete(name) || !readFileSync(join(DIST, name)).equals(content));
  const names = [...wrong.map(([name]) => name), ...committed];
  if (names.length) problems.push(`dist is not what the sources build: ${names.join(", ")}. Run: node adapters/shopify/extensions/build.mjs`);
  problems.push(...typeProblems(), ...(await themeProblems()));
} else {
  rmSync(DIST, { recursive: true, force: true });
  mkdirSync(DIST);
  for (const [name, content] of built) writeFileSync(join(DIST, name), content);
  process.stdout.write(String(built.get("BUILD.txt")));
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length ? 1 : 0;
