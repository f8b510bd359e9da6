// What a first visit costs: the page, its style, its script and its mark, as they come over the network; the map and the
// charts in the page are not counted.

import { check } from "./lib.mjs";

const BYTES_MAX = 150_000;

export async function weight(world) {
  const seat = await world.nobody("CN");
  const { page } = seat;
  const network = await page.context().newCDPSession(page);
  await network.send("Network.enable");
  await network.send("Network.setCacheDisabled", { cacheDisabled: true });
  const kinds = new Map();
  const sizes = new Map();
  network.on("Network.responseReceived", ({ requestId, response, type }) => kinds.set(requestId, [type, response.url]));
  network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => sizes.set(requestId, encodedDataLength));
  await page.goto(`${seat.base}/`, { waitUntil: "networkidle" });
  const other = [...kinds.values()].filter(([, url]) => !url.startsWith(seat.base) && !url.startsWith("data:"));
  check(!other.length, `the page loads from elsewhere: ${other}`);
  const loaded = [...kinds].map(([id, [type, url]]) => ({ type, path: new URL(url).pathname, bytes: sizes.get(id) ?? 0 }));
  // A browser without a window asks for no mark.
  if (!loaded.some(({ path }) => path.endsWith("favicon.svg"))) {
    const mark = await page.request.get(`${seat.base}/assets/favicon.svg`);
    loaded.push({ type: "Image", path: "/assets/favicon.svg", bytes: (await mark.body()).length });
  }
  const drawn = await page.evaluate(() => {
    const figures = [...document.querySelectorAll("main svg")];
    return figures.reduce((sum, figure) => sum + new Blob([figure.outerHTML]).size, 0);
  });
  const counted = loaded.filter(({ type, path }) => type !== "Image" || path.endsWith("favicon.svg"));
  const once = new Map(counted.map(({ path, bytes }) => [path, bytes]));
  const all = [...once.values()].reduce((sum, bytes) => sum + bytes, 0);
  const says = loaded.map(({ path, bytes }) => `${path} ${bytes}`).join(", ");
  await seat.context.close();
  check(all - drawn <= BYTES_MAX, `a first visit costs ${all - drawn} bytes, not ${BYTES_MAX} at most: ${says}`);
  return `${all - drawn} bytes, and ${drawn} of charts: ${says}`;
}
