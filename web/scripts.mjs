// Makes the scripts that single pages load, of TypeScript: what checks codes, and what reads them from pictures.

import { join } from "node:path";

import { build } from "esbuild-wasm";

/// The scripts by their names.
export async function scripts(here) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: { verify: "verify/page.ts", decode: "verify/decode.ts" },
    outdir: here,
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2024",
    charset: "utf8",
    // Terms stand in files of their own, beside the scripts.
    legalComments: "none",
  });
  return Object.fromEntries(outputFiles.map(({ path, text }) => [path.slice(join(here, "/").length), text]));
}
