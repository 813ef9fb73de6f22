/** Take the addresses out of package-lock.json: hashes pin a package wherever it comes from. */
import { readFileSync, writeFileSync } from "node:fs";

const PATH = new URL("package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(PATH, "utf8"));
for (const one of Object.values(lock.packages)) {
  delete one.funding;
  delete one.resolved;
}
writeFileSync(PATH, `${JSON.stringify(lock, null, 2)}\n`);
