// Codes of permits in the browser: the corpus of lies, what the page says of a true code with and without the network,
// and codes read from pictures and by a camera.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { chromium } from "playwright-core";
import encodeQR from "qr";

import { check, launch, Seat } from "./lib.mjs";
import { answers, corpus, judge } from "./lies.mjs";
import { look, Wrong } from "./sweep.mjs";

/// A permit of the demonstration whose goods have left.
const NUMBER = "XP-24-13";

/// Every lie is refused with its own reason, and every truth among them is accepted.
export async function lies(world) {
  const seat = await world.nobody("CN");
  await seat.open("/verify");
  const told = await seat.page.evaluate(`import("/assets/verify.js").then((it) => (${answers})(it, ${JSON.stringify(corpus)}))`);
  await seat.context.close();
  return judge(told);
}

/// The codes of a permit as the sheet's file gives them.
async function codesOf(world) {
  const lu = await world.seat("CN/permit_officer:lu");
  const file = await lu.context.request.get(`${lu.base}/permits/${NUMBER}/code`);
  check(file.ok(), `the code of ${NUMBER} is answered ${file.status()}`);
  return (await file.text()).trim().split("\n");
}

/// Puts text into the box and presses the button; gives the state that is shown.
async function asked(seat, text) {
  if (text) await seat.main.locator("textarea").fill(text);
  await seat.press(seat.t("verify-look"));
  return shown(seat);
}

async function shown(seat) {
  const state = seat.main.locator("#checked [data-state]");
  await state.waitFor();
  // A word, and a shape.
  check(await state.locator("svg").count(), "the state has no shape");
  return { state: await state.getAttribute("data-state"), says: await seat.main.locator("#checked").innerText() };
}

/// A true code with the network, without it, and with nothing kept; a changed one; and the way to the server.
export async function onTheDevice(world) {
  for (const lang of ["en", "zh"]) await onOneDevice(world, lang);
}

async function onOneDevice(world, lang) {
  const codes = (await codesOf(world)).join("\n");
  const [seat, wrong] = [await world.nobody("CN", { lang }), new Wrong()];
  await seat.open("/verify");
  const expect = async (text, state, ...words) => {
    const found = await asked(seat, text);
    check(found.state === state, `${found.state}, not ${state}: ${found.says}`);
    for (const word of words) check(found.says.includes(word), `not said: ${word}\n${found.says}`);
    await look(seat, wrong, `${lang}, a code that is ${state}`);
    await seat.page.locator("#checked").evaluate((place) => place.replaceChildren());
  };
  const begin = (key) => seat.t(key, { day: "⟦", age: "⟦" }).split("⟦")[0];
  await expect(codes, "used", NUMBER, "Jade Spring", lang === "en" ? "Remifentanil" : "瑞芬太尼", begin("check-fresh"));
  await seat.context.setOffline(true);
  await expect(codes, "used", NUMBER, begin("check-kept"));
  await seat.page.evaluate(() => caches.delete("countersign-lists"));
  // Its days have passed, and that is all that it says by itself.
  await expect(codes, "expired", NUMBER, begin("check-alone"));
  await seat.context.setOffline(false);
  await expect(codes.replace(/.$/, (last) => (last === "0" ? "1" : "0")), "broken");
  await expect(corpus.cases.find(({ reason }) => reason === null).codes[0], "unknown_key");
  // The server has the register, and is asked where somebody wants it.
  await asked(seat, codes);
  await seat.press(seat.t("check-register"));
  await seat.says(seat.t("code-same"));
  check(!seat.wrong.filter((line) => !line.includes("ERR_INTERNET_DISCONNECTED")).length, seat.wrong.join("\n"));
  wrong.check();
  await seat.context.close();
}

/// An officer at the border gets the register's answer, and without a network that of the signed code.
export async function atTheBorder(world) {
  const codes = (await codesOf(world)).join("\n");
  const qin = await world.seat("CN/customs_officer:qin", { own: "codes" });
  await qin.open("/customs");
  const look = async () => {
    await qin.main.getByLabel(qin.t("customs-number")).fill(codes);
    await qin.press(qin.t("customs-look"));
  };
  await qin.context.setOffline(true);
  await look();
  const { state, says } = await shown(qin);
  check(state === "expired" && says.includes(qin.t("check-alone")), `${state}: ${says}`);
  await qin.context.setOffline(false);
  await look();
  await qin.says(qin.t("code-same"));
  await qin.context.close();
}

/// A code as it is printed.
async function picture(seat, code, how) {
  const page = await seat.context.newPage();
  await page.setViewportSize({ width: 640, height: 480 });
  const svg = encodeQR(code, "svg", { ecc: "quartile", scale: 4 });
  const url = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
  await page.setContent(`<body style="margin:0;background:#fff"><img style="display:block;margin:10px auto;width:460px" src="${url}">`);
  await page.locator("img").evaluate((image) => image.decode());
  const taken = await page.screenshot(how);
  await page.close();
  return taken;
}

/// Pictures of codes, one after the other.
export async function fromPictures(world) {
  const codes = await codesOf(world);
  const seat = await world.nobody("CN");
  await seat.open("/verify");
  const input = seat.main.getByLabel(seat.t("scan-picture"));
  const give = async (code) => {
    const buffer = await picture(seat, code, { type: "png" });
    await input.setInputFiles({ name: "code.png", mimeType: "image/png", buffer });
  };
  await give("https://example.org/");
  await seat.says(seat.t("scan-none"));
  for (const code of codes) await give(code);
  const found = await shown(seat);
  check(found.state === "used", found.says);
  // A permit of several codes, by an authority that is not known here.
  await seat.open("/verify");
  const parts = corpus.cases.find(({ codes, reason }) => reason === null && codes?.length > 2).codes;
  for (const [at, code] of parts.entries()) {
    await give(code);
    const told = { number: String(at + 1), count: String(parts.length) };
    await seat.says(at + 1 < parts.length ? seat.t("scan-part", told) : seat.t("scan-read"));
  }
  check((await shown(seat)).state === "unknown_key", "the parts are not taken together");
  const box = await seat.main.locator("textarea").inputValue();
  check(box === parts.join("\n"), `the box has ${box}`);
  check(!seat.wrong.length, seat.wrong.join("\n"));
  await seat.context.close();
  return `${codes.length} and ${parts.length} codes`;
}

/// The camera sees a code, and the page has it; on other pages there is no camera.
export async function byCamera(world) {
  const [code] = await codesOf(world);
  const near = await world.nobody("CN");
  const film = join(world.folder, "code.mjpeg");
  writeFileSync(film, await picture(near, code, { type: "jpeg", quality: 95 }));
  await near.context.close();
  const flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${film}`];
  const browser = await launch(chromium, flags);
  try {
    const seat = await Seat.open({ world: { browser }, base: near.base, authority: "CN", person: "" }, {});
    await seat.open("/verify");
    await seat.press(seat.t("scan-do"));
    const found = await shown(seat);
    check(found.state === "used" && found.says.includes(NUMBER), found.says);
    check(await seat.main.locator("video").isHidden(), "the camera goes on");
    await seat.open("/sign-in");
    const refused = await seat.page.evaluate(() => navigator.mediaDevices.getUserMedia({ video: true }).then(() => "", String));
    check(refused.includes("NotAllowed"), `the camera is there on another page: ${refused}`);
  } finally {
    await browser.close();
  }
}
