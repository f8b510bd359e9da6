// Looks at every page that somebody can reach from the navigation and from links on pages, in every role and language:
// the accessibility rules of WCAG 2.2 A and AA, one heading of the first order, a title of its own, no word missing,
// nothing that makes the page scroll sideways at 320 pixels.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import axe from "axe-core";

import { Failed, check } from "./lib.mjs";
import { ROOT } from "./words.mjs";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const LANGUAGES = ["en", "zh"];
/// Of pages of one kind, such as two companies, so many are looked at in each role.
const ALIKE = 2;
/// Of rows that follow each other and are alike, so many are kept for the rules of accessibility.
const ROWS = 4;
/// Roles that are looked at at the same time.
const AT_ONCE = 2;

/// Every role of the first authority, those of a partner whose pages are other ones, and nobody.
export const ROLES = [
  "CN/licensing_officer:chen",
  "CN/planning_officer:luo",
  "CN/permit_officer:lu",
  "CN/approver:fang",
  "CN/inspector:tian",
  "CN/chief_inspector:yao",
  "CN/trainer:qiu",
  "CN/statistician:shi",
  "CN/auditor:wen",
  "CN/administrator:a",
  "CN/customs_officer:qin",
  "CN/H-M1:hu",
  "CN/H-BJ-01:xia",
  "CN/nobody",
  "KR/permit_officer:kim",
  "KR/customs_officer:jung",
  "KR/H-KR-1:yoon",
];
/// One is looked at on a telephone too.
const ON_A_TELEPHONE = "CN/permit_officer:lu";

/// The tables that tests of the pages keep: a word for each line, and the columns of the roles.
function golden(file) {
  const text = readFileSync(join(ROOT, "crates/web/tests/web", file), "utf8").trimEnd();
  return text.split("\n").slice(1);
}

/// The routes of pages, those without a parameter first.
const ROUTES = golden("routes.txt")
  .map((line) => /^GET\s+(\S+)/.exec(line)?.[1])
  .filter(Boolean)
  .sort((one, other) => one.split("{").length - other.split("{").length);

const PATTERNS = ROUTES.map((route) => {
  const plain = route.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return [route, new RegExp(`^${plain.replace(/\{\\\*\w+\}/g, ".+").replace(/\{\w+\}/g, "[^/]+")}$`)];
});

/// Acts, by the column of the role that may do them first.
const ACTS = golden("acts.txt").map((line) => line.split(/\s+/));

/// What kind of page an address is: its route, and what is asked of it.
export function kind(url) {
  const route = PATTERNS.find(([, pattern]) => pattern.test(url.pathname))?.[0] ?? url.pathname.replace(/(?<=.\/).*/, "…");
  if (route === "/act/{verb}") return url.pathname;
  const asked = [...url.searchParams.keys()].filter((name) => !["then", "keep"].includes(name));
  return [route, ...new Set(asked.sort())].join(" ");
}

/// What is wrong, once for each place however many pages have it.
export class Wrong {
  #all = new Map();

  note(what, where) {
    if (!this.#all.has(what)) this.#all.set(what, new Set());
    this.#all.get(what).add(where);
  }

  check() {
    const lines = [...this.#all].map(([what, where]) => {
      const places = [...where];
      return `${what}\n      ${places.slice(0, 3).join("\n      ")}${places.length > 3 ? `\n      and ${places.length - 3} more` : ""}`;
    });
    if (lines.length) throw new Failed(`${lines.length} things are wrong:\n    ${lines.join("\n    ")}`);
  }
}

/// Runs in the page: what is in it apart from what the rules of accessibility do not look at. Takes away all but some of
/// the siblings that follow each other and are alike, such as the rows of a long table.
///
/// Kept of each element are its name, its attributes, and whether it has words. Of the attributes that name others, and
/// of those that say something, is kept which are equal and which are empty; like siblings in a row count once. So two
/// lists of one kind are alike however long they are.
function shapeOfPage(rows) {
  const known = new Map();
  const which = (word) => {
    if (!known.has(word)) known.set(word, known.size);
    return known.get(word);
  };
  const names = new Set(["id", "for", "aria-labelledby", "aria-describedby", "aria-controls"]);
  const says = new Set(["href", "value", "title", "alt", "aria-label", "content", "lang", "action", "name", "d", "x", "y"]);
  const attribute = ({ name, value }) => {
    if (names.has(name)) return `${name}=${value.split(/\s+/).map(which)}`;
    if (says.has(name) || name.startsWith("data-") || (name !== "class" && /\d/.test(value))) return name + (value.trim() ? "+" : "-");
    return `${name}=${value}`;
  };
  const shape = (element) => {
    const words = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const children = [...element.children];
    const shapes = children.map(shape);
    const like = shapes.map((one) => one.replace(/=\d+/g, ""));
    let run = 0;
    const once = shapes.filter((_, at) => {
      run = like[at] === like[at - 1] ? run + 1 : 0;
      if (run >= rows) children[at].remove();
      return run === 0;
    });
    return `<${element.localName} ${[...element.attributes].map(attribute)}${words ? " w" : ""}>${once.join("")}`;
  };
  return shape(document.documentElement);
}

/// Shapes that the rules have been tried on.
const TRIED = new Set();

/// Looks at the page that a window shows, of which afterwards something is missing.
export async function look(seat, wrong, where) {
  const { page } = seat;
  const seen = await page.evaluate(() => ({
    title: document.title,
    heads: document.querySelectorAll("h1").length,
    missing: [...new Set(document.documentElement.outerHTML.match(/⟦[^⟧]*⟧/g) ?? [])],
    twice: [...document.querySelectorAll("[id]")].map(({ id }) => id).filter((id, at, all) => all.indexOf(id) < at),
  }));
  if (seen.heads !== 1) wrong.note(`${seen.heads} headings of the first order`, where);
  for (const word of seen.missing) wrong.note(`no words under ${word}`, where);
  for (const id of seen.twice) wrong.note(`two elements are called #${id}`, where);
  await sideways(page, wrong, where);
  const shape = `${page.viewportSize().width} ${await page.evaluate(shapeOfPage, ROWS)}`;
  if (!TRIED.has(shape)) {
    TRIED.add(shape);
    await rules(page, wrong, where);
  }
  return seen.title;
}

/// The rules of accessibility.
async function rules(page, wrong, where) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async (runOnly) => {
    const { violations } = await window.axe.run({ runOnly, resultTypes: ["violations"], preload: false });
    return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.slice(0, 3) }));
  }, TAGS);
  for (const { id, help, nodes } of found) {
    for (const { target, html } of nodes) {
      wrong.note(`${id} (${help}): ${shape(html)}`, `${where}  ${target}`);
    }
  }
}

/// An element without what differs from page to page.
function shape(html) {
  return html.replace(/\s+/g, " ").replace(/(href|value|id|for|name|aria-\w+)="[^"]*"/g, '$1="…"').slice(0, 160);
}

async function sideways(page, wrong, where) {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 900 });
  const wide = await page.evaluate(() => {
    if (document.documentElement.scrollWidth <= innerWidth) return undefined;
    const out = [...document.body.querySelectorAll("*")].filter((element) => {
      if (element.getBoundingClientRect().right <= innerWidth + 1) return false;
      for (let at = element; at; at = at.parentElement) if (getComputedStyle(at).overflowX !== "visible") return false;
      return true;
    });
    const name = (element) => `<${element.localName} class="${element.getAttribute("class") ?? ""}">`;
    return `${document.documentElement.scrollWidth}: ${out.slice(-1).map(name).join() || "something that is positioned"}`;
  });
  if (wide) wrong.note(`the page scrolls sideways at 320 pixels because of ${wide}`, where);
  await page.setViewportSize(before);
}

/// Looks at all that one role reaches: in the first language by the links, in the others at the same addresses.
class Walk {
  constructor(world, role, wrong) {
    Object.assign(this, { world, role, wrong, pages: 0, titles: new Map(), kinds: new Map(), found: [] });
  }

  async seat(how) {
    if (this.role.endsWith("/nobody")) return this.world.nobody(this.role.split("/")[0], how);
    // A window of its own: journeys of the same person go on in theirs.
    const seat = await this.world.seat(this.role, { ...how, own: "sweep" });
    return seat;
  }

  async walk() {
    const seat = await this.seat({ lang: "en" });
    const waiting = ["/", "/nothing-is-here", ...this.acts()];
    this.kinds.set("/", 1);
    while (waiting.length) {
      const path = waiting.shift();
      if (!(await this.visit(seat, path))) continue;
      this.found.push(path);
      waiting.push(...this.links(seat));
    }
    await seat.context.close();
    for (const lang of LANGUAGES.slice(1)) await this.again({ lang });
    if (this.role === ON_A_TELEPHONE) await this.again({ lang: "en", width: 390 });
    return this;
  }

  /// Forms of acts: each is looked at in the first role that may do it.
  acts() {
    const column = ROLES.indexOf(this.role);
    const names = ["licensing", "planning", "permit", "approver", "inspector", "chief", "trainer", "statistician", "auditor", "administrator", "customs", "H-M1"];
    if (!this.role.startsWith("CN/") || column >= names.length) return [];
    const first = ([, ...cells]) => cells.indexOf("open") === column;
    return ACTS.filter(first).map(([verb]) => `/act/${verb}`);
  }

  async again(how) {
    const seat = await this.seat(how);
    this.titles.clear();
    for (const path of this.found) await this.visit(seat, path, how);
    await seat.context.close();
  }

  async visit(seat, path, { lang = "en", width = 1280 } = {}) {
    const where = `${this.role} ${lang} ${width} ${path}`;
    const answer = await seat.page.goto(seat.base + path).catch((error) => {
      if (!/Download is starting|ERR_ABORTED/.test(String(error))) throw error;
    });
    if (!answer || !(answer.headers()["content-type"] ?? "").startsWith("text/html")) return false;
    const status = path === "/nothing-is-here" ? 404 : 200;
    if (answer.status() !== status) this.wrong.note(`a link leads to ${answer.status()}`, `${where} from ${this.from?.get(path)}`);
    this.hrefs = await seat.page.locator("a[href]:not([download])").evaluateAll((all) => all.map((link) => link.href));
    const title = await look(seat, this.wrong, where);
    // Where a redirect has led. The first page is that of the newest year, under two addresses.
    const page = new URL(seat.page.url()).pathname;
    const other = this.titles.get(title);
    if (page !== "/" && other !== undefined && other !== page) {
      this.wrong.note(`two pages are called ${title}`, `${where} and ${other}`);
    }
    if (page !== "/") this.titles.set(title, page);
    this.pages += 1;
    return true;
  }

  /// Links to pages that were not seen, of each kind a few.
  links(seat) {
    const here = new URL(seat.page.url());
    const out = [];
    this.from ??= new Map();
    for (const href of this.hrefs) {
      const url = new URL(href);
      const path = url.pathname + url.search;
      if (url.origin !== here.origin || this.from.has(path) || /\.\w{2,4}$/.test(url.pathname)) continue;
      this.from.set(path, here.pathname + here.search);
      const like = kind(url);
      const many = this.kinds.get(like) ?? 0;
      const asked = url.search && !like.startsWith("/act/");
      if (many >= (asked ? 1 : ALIKE)) continue;
      this.kinds.set(like, many + 1);
      out.push(path);
    }
    return out;
  }
}

/// Every page, role and language.
export async function sweep(world) {
  const wrong = new Wrong();
  const waiting = [...ROLES];
  const walks = [];
  const began = Date.now();
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
  const wanted = process.env.ROLES?.split(",");
  const go = async () => {
    for (let role; (role = waiting.shift()); ) {
      if (wanted && !wanted.some((word) => role.includes(word))) continue;
      const walk = await new Walk(world, role, wrong).walk();
      if (process.env.VERBOSE) console.log(role, walk.pages, seconds());
      walks.push(walk);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, go));
  const kinds = new Set(walks.flatMap((walk) => [...walk.kinds.keys()].map((like) => like.split(" ")[0])));
  const pages = walks.reduce((sum, walk) => sum + walk.pages, 0);
  if (process.env.VERBOSE) for (const walk of walks) console.log(walk.role, walk.found.join("\n   "));
  const says = `${pages} pages of ${kinds.size} kinds and ${TRIED.size} shapes in ${walks.length} roles and ${LANGUAGES.length} languages`;
  try {
    wrong.check();
  } catch (error) {
    throw new Failed(`${says}\n  ${error.message}`);
  }
  check(pages > 0, "nothing was looked at");
  return says;
}
