// Pictures of the main pages, for the documentation: `node screenshots.mjs FOLDER OUT`.

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

import { World, asJson } from "./lib.mjs";
import { authorized, confirmed, estimates, proposed, requested } from "./journeys.mjs";

const GUESTS = ["KR/choi"];
const HEIGHT_MAX = 1800;

/// The pages: the name of the picture, who looks, and at what.
async function pictures(world, take) {
  const anyone = await world.nobody("CN");
  const [lu, kim, fang, qin, wen, xia] = await Promise.all(
    ["CN/permit_officer:lu", "KR/permit_officer:kim", "CN/approver:fang", "CN/customs_officer:qin", "CN/auditor:wen", "CN/H-BJ-01:xia"].map((who) => world.seat(who)),
  );
  await take("public-overview", anyone, "/");
  await take("journal-entry", wen, "/journal/19199");
  await take("register", xia, "/register/BJ-01");
  await take("permit-sheet", lu, "/permits/XP-24-13");
  await take("customs-state", qin, "/customs/XP-24-13");
  await take("passage", qin, "/passages/TR-24-02");
  await estimates(world);
  await authorized(world);
  await requested(world);
  await take("export-case", lu, "/cases/CN/EX-25-01");
  await take("import-confirmation", kim, "/cases/CN/EX-25-01");
  await take("queue", kim, "/queue");
  await confirmed(world);
  const seq = await proposed(world);
  await take("second-decision", fang, `/decisions/${seq}`);
  await take("first-run", await begun(world), "/first-run");
  await take("public-overview-390", await world.nobody("CN", { width: 390 }), "/");
  await take("queue-390", await world.seat("CN/approver:fang", { width: 390 }), "/queue");
}

/// An authority of which nothing but its administrators is there.
async function begun(world) {
  const dir = join(world.folder, "real");
  const { enrolment } = asJson("init", "--country", "IS", "--name", "Medicines Agency", "--dir", dir);
  const serving = world.run("serve", "--dir", dir, "--listen", "localhost:0");
  const base = await serving.until("the new authority is served", (it) => /serves (http\S+)/.exec(it.noted)?.[1]);
  for (const [person, link] of Object.entries(enrolment)) {
    world.welcome({ authority: "IS", person, base, link: base + new URL(link).pathname });
  }
  return world.seat("IS/administrator:a");
}

/// The permit as a document, where there is a program that draws it.
async function documented(world, out) {
  const lu = await world.seat("CN/permit_officer:lu");
  const answer = await lu.context.request.get(`${lu.base}/permits/XP-24-13/document.pdf`);
  const input = await answer.body();
  execFileSync("pdftoppm", ["-png", "-r", "70", "-singlefile", "-", join(out, "permit-document")], { input });
}

const [folder, out] = process.argv.slice(2).map((path) => resolve(path));
mkdirSync(out, { recursive: true });
const world = new World(folder);
try {
  await world.open(GUESTS);
  await pictures(world, async (name, seat, path) => {
    await seat.open(path);
    const { height } = await seat.page.evaluate(() => ({ height: document.documentElement.scrollHeight }));
    const clip = { x: 0, y: 0, width: seat.page.viewportSize().width, height: Math.min(height, HEIGHT_MAX) };
    await seat.page.screenshot({ path: join(out, `${name}.png`), fullPage: true, clip });
  });
  await documented(world, out);
} finally {
  await world.close();
}
// Fewer colours and better packing, where the tool is there.
const files = readdirSync(out).filter((file) => file.endsWith(".png")).map((file) => join(out, file));
try {
  execFileSync("pngquant", ["--force", "--ext", ".png", "--speed", "1", "--strip", "64", "--", ...files]);
} catch (error) {
  console.log(`the pictures are not packed: ${error.code === "ENOENT" ? "pngquant is not there" : error.message}`);
}
for (const file of files) console.log(`${String(statSync(file).size).padStart(8)}  ${file}`);
