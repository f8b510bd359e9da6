// Runs the tests of the pages: `node main.mjs FOLDER [NAME...]`. The folder is empty, and whoever made it removes it.

import { World, running } from "./lib.mjs";
import { GUESTS, ROWS } from "./journeys.mjs";
import { atTheBorder, byCamera, fromPictures, lies, onTheDevice } from "./codes.mjs";
import { keyboard } from "./keyboard.mjs";
import { sweep } from "./sweep.mjs";
import { weight } from "./weight.mjs";

const [folder, ...wanted] = process.argv.slice(2);
const started = Date.now();
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
const failures = [];

async function run(world, name, test) {
  if (wanted.length && !wanted.some((word) => name.includes(word))) return;
  const [began, now] = [Date.now(), {}];
  try {
    const says = await running.run(now, () => test(world));
    console.log(`ok      ${name}${says ? `: ${says}` : ""} (${seconds(began)})`);
  } catch (error) {
    failures.push(name);
    const where = now.page ? `\n  ${now.page.url()}\n  ${await world.picture(now.page)}\n${await text(now.page)}` : "";
    console.log(`failed  ${name} (${seconds(began)})\n  ${error.stack ?? error}${where}`);
  }
}

async function text(page) {
  const all = await page.locator("body").innerText({ timeout: 2_000 }).catch(() => "");
  return all.slice(0, 3_000).replace(/^/gm, "    | ");
}

async function row(world, tests) {
  for (const [name, test] of tests) await run(world, name, test);
}

const world = new World(folder);
try {
  await world.open(GUESTS);
  console.log(`the demonstration is served (${seconds(started)})`);
  const others = [["the keyboard alone", keyboard], ["the weight of a first visit", weight]];
  const codes = [
    ["lies told to the browser", lies],
    ["a code on the device", onTheDevice],
    ["a code at the border", atTheBorder],
    ["codes from pictures", fromPictures],
    ["a code by camera", byCamera],
  ];
  await Promise.all([...ROWS, others, codes].map((tests) => row(world, tests)));
  // By itself: it keeps the machine busy, and people who go through a journey would wait.
  await run(world, "every page, role and language", sweep);
} finally {
  await world.close();
}
console.log(`${world.entries} entries were read; ${failures.length} failed (${seconds(started)})`);
process.exitCode = failures.length ? 1 : 0;
