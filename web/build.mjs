// Makes the assets of the pages. `npm run build` writes them to their place, `npm run build -- FOLDER` elsewhere.
// The same packages make the same bytes: nothing here depends on the day or the machine.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { styles } from "./styles.mjs";
import { world } from "./world.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ? resolve(process.argv[2]) : join(here, "../crates/web/assets");
mkdirSync(out, { recursive: true });

const made = {
  "countersign.css": styles(here),
  "countersign.js": readFileSync(join(here, "countersign.js"), "utf8"),
  "favicon.svg": readFileSync(join(here, "favicon.svg"), "utf8"),
  "govuk-frontend.txt": readFileSync(join(here, "govuk-frontend.txt"), "utf8"),
  "world.txt": world(here),
};
for (const [name, text] of Object.entries(made)) {
  writeFileSync(join(out, name), text);
  console.log(`${String(Buffer.byteLength(text)).padStart(7)}  ${name}`);
}
