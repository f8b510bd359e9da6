// Goes through pages with the keyboard alone: where the focus is can be seen, it goes in the order of the page, it comes
// everywhere, it is trapped nowhere, and the first stop leads past the head of the page.

import { check } from "./lib.mjs";

/// In the page: everything that the Tab key should stop at, and how it looks without the focus.
function prepare() {
  const can = 'a[href], button, input:not([type="hidden"]), select, textarea, summary, [tabindex="0"]';
  const shown = (element) => {
    const folded = element.closest("details:not([open])");
    const seen = element.checkVisibility({ visibilityProperty: true }) && (!folded || element.matches("summary"));
    return seen && !element.disabled;
  };
  // What may show the focus: the element, or what is drawn in its place beside it.
  window.looks = (element) => {
    const places = [[element, null]];
    const next = element.nextElementSibling;
    if (element.matches("[type=checkbox], [type=radio]") && next) places.push([next, "::before"], [next, null]);
    const style = ([at, part]) => {
      const { outlineStyle, outlineWidth, outlineColor, boxShadow, backgroundColor } = getComputedStyle(at, part);
      return [outlineStyle, outlineWidth, outlineColor, boxShadow, backgroundColor].join();
    };
    return places.map(style).join(";");
  };
  window.stops = [...document.querySelectorAll(can)].filter(shown);
  window.plain = new Map(window.stops.map((element) => [element, window.looks(element)]));
  document.activeElement?.blur();
  scrollTo(0, 0);
  return window.stops.length;
}

/// In the page: where the focus is now.
function focused() {
  const element = document.activeElement;
  if (!element || element === document.body) return undefined;
  const { top, bottom, left, right } = element.getBoundingClientRect();
  return {
    place: window.stops.indexOf(element),
    skips: element.matches(".govuk-skip-link"),
    changed: window.looks(element) !== window.plain.get(element),
    inside: bottom > 0 && top < innerHeight && right > 0 && left < innerWidth,
    says: element.outerHTML.slice(0, 200),
  };
}

/// Walks through the page that a window shows; gives the number of stops.
export async function walk(seat) {
  const { page } = seat;
  const where = page.url();
  const stops = await page.evaluate(prepare);
  for (let place = 0; place < stops; place += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(focused);
    check(at, `${where}: the focus is lost after ${place} of ${stops} stops`);
    check(at.place === place, `${where}: stop ${place} is number ${at.place} of the page: ${at.says}`);
    check(place > 0 || at.skips, `${where}: the first stop does not skip to the main content: ${at.says}`);
    check(at.changed, `${where}: the focus cannot be seen: ${at.says}`);
    check(at.inside, `${where}: what has the focus is not in sight: ${at.says}`);
  }
  await page.keyboard.press("Tab");
  const after = await page.evaluate(focused);
  check(!after || after.place === 0, `${where}: the focus does not leave the page: ${after?.says}`);
  return stops;
}

/// The first stop, used: the next one is in the main content.
async function skip(seat) {
  const { page } = seat;
  await page.evaluate(prepare);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL("**#main");
  await page.keyboard.press("Tab");
  const inside = await page.evaluate(() => document.activeElement.closest("main, footer") !== null);
  check(inside, `${page.url()}: the skip link does not lead past the head`);
}

/// Tab by Tab to a control, as somebody does who has no mouse.
async function reach(seat, control) {
  for (let stop = 0; stop < 200; stop += 1) {
    await seat.page.keyboard.press("Tab");
    if (await control.evaluate((element) => element === document.activeElement)) return;
  }
  check(false, `${seat.page.url()}: the keyboard does not reach ${control}`);
}

async function signIn(world, person) {
  const seat = await world.nobody("CN");
  await seat.open("/sign-in");
  const { main, page } = seat;
  const answers = [
    ["sign-in-person", person.person],
    ["sign-in-password", person.password],
    ["code-label", await person.code()],
  ];
  for (const [name, answer] of answers) {
    await reach(seat, main.getByLabel(seat.t(name)));
    await page.keyboard.type(answer);
  }
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: seat.t("frame-sign-out") }).waitFor();
  await seat.context.close();
}

/// The main pages.
export async function keyboard(world) {
  const anyone = await world.nobody("CN");
  const shi = await world.seat("CN/statistician:shi", { own: "keyboard" });
  const lu = await world.seat("CN/permit_officer:lu", { own: "keyboard" });
  const hu = await world.seat("CN/H-M1:hu", { own: "keyboard" });
  let stops = 0;
  const pages = [
    [anyone, "/"],
    [anyone, "/sign-in"],
    [shi, "/queue"],
    [lu, "/cases/CN/EX-24-13"],
    [hu, "/act/apply_export"],
  ];
  for (const [seat, path] of pages) {
    await seat.open(path);
    stops += await walk(seat);
    await skip(seat);
  }
  // The page on which somebody checks before they sign.
  const xia = await world.seat("CN/H-BJ-01:xia", { own: "keyboard" });
  await xia.open("/act/file_demand");
  await xia.fill("file_demand", DEMAND);
  await xia.checked("file_demand");
  stops += await walk(xia);
  await signIn(world, shi.person);
  return `${stops} stops on ${pages.length + 1} pages`;
}

const DEMAND = { site: "BJ-01", item: "fentanyl-0.1mg-amp", year: 2026, amount: 1 };
