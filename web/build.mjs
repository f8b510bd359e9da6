// Makes the assets of the pages. `npm run build` writes them to their place, `npm run build -- FOLDER` elsewhere.
// The same packages make the same bytes: nothing here depends on the day or the machine.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { scripts } from "./scripts.mjs";
import { styles } from "./styles.mjs";
import { world } from "./world.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ? resolve(process.argv[2]) : join(here, "../crates/web/assets");
mkdirSync(out, { recursive: true });

// What is bundled is not checked by that: types are, here.
const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
execFileSync(process.execPath, [compiler, "--project", here], { stdio: "inherit" });

const made = {
  "countersign.css": styles(here),
  "countersign.js": readFileSync(join(here, "countersign.js"), "utf8"),
  ...(await scripts(here)),
  "favicon.svg": readFileSync(join(here, "favicon.svg"), "utf8"),
  "govuk-frontend.txt": readFileSync(join(here, "govuk-frontend.txt"), "utf8"),
  "qr.txt": readFileSync(join(here, "node_modules/qr/LICENSE-MIT"), "utf8"),
  "world.txt": world(here),
};
for (const [name, text] of Object.entries(made)) {
  writeFileSync(join(out, name), text);
  console.log(`${String(Buffer.byteLength(text)).padStart(7)}  ${name}`);
}
