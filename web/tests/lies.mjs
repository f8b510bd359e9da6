// The corpus of lies about permits, told to the verifier of the pages: in a browser by the tests of the pages, and with
// `node lies.mjs` without one.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { ROOT } from "./words.mjs";

export const corpus = JSON.parse(readFileSync(join(ROOT, "crates/verifier/tests/lies/permits.json"), "utf8"));

/// What the verifier says to each case: a reason, or null. Runs in the browser, so it knows nothing but what it is given.
export async function answers({ checkPermit, readList, Keys, Refused, fromBase64 }, { keys: known, cases }) {
  const day = (text) => Date.parse(text) / 86_400_000;
  const key = ({ issuer, public: bytes, from, until }) => ({ issuer, public: fromBase64(bytes), from: day(from), until: day(until) });
  const keys = await Keys.of(known.map(key));
  const outcome = async ({ codes, on, list, zeros }) => {
    const bytes = list ? fromBase64(list[0]) : zeros && new Uint8Array(zeros[0]);
    const read = bytes && (await readList(bytes, keys, (list ?? zeros)[1]));
    return codes ? (await checkPermit(codes, keys, read, day(on))).against ?? null : null;
  };
  const all = [];
  for (const one of cases) all.push(await outcome(one).catch((error) => (error instanceof Refused ? error.reason : `${error}`)));
  return all;
}

/// Demands that every lie was refused with its own reason, and that every truth was accepted.
export function judge(told) {
  const wrong = corpus.cases
    .map(({ what, reason }, at) => ({ what, reason, told: told[at] }))
    .filter(({ reason, told }) => reason !== told)
    .map(({ what, reason, told }) => `${what}: ${told}, not ${reason}`);
  if (wrong.length) throw new Error(wrong.join("\n"));
  const truths = told.filter((reason) => reason === null).length;
  const lies = told.length - truths;
  if (truths < 10 || lies < 70) throw new Error(`only ${lies} lies and ${truths} truths`);
  return `${lies} lies, ${truths} truths`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { build } = await import("esbuild-wasm");
  const verifier = join(dirname(fileURLToPath(import.meta.url)), "../verify/check.ts");
  const { outputFiles } = await build({ entryPoints: [verifier], bundle: true, write: false, format: "esm", target: "es2024" });
  const checks = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
  console.log(judge(await answers(checks, corpus)));
}
