// What the tests of the pages share: the demonstration and its people, forms that are filled in by the names people see,
// and what the journal says of it afterwards.

import { AsyncLocalStorage } from "node:async_hooks";
import { execFileSync, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { ROOT, Words } from "./words.mjs";

const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, "target");
/// The binary that is tested.
export const BINARY = process.env.BINARY ?? join(TARGET, "release", "countersign");
/// Where pictures of failures are left.
const PICTURES = join(TARGET, "pages");
/// How long anything may take that is waited for.
const LIMIT_MS = 30_000;
const PASSWORD = "three quiet words here";

/// The test that is running, and the page that it looked at last.
export const running = new AsyncLocalStorage();

/// A check did not hold.
export class Failed extends Error {}

/// Stops at the first check that does not hold.
export function check(holds, says) {
  if (!holds) throw new Failed(says);
}

/// Waits until something is so; gives what was found.
export async function until(what, test, limit = LIMIT_MS) {
  const end = Date.now() + limit;
  for (;;) {
    const found = await test();
    if (found) return found;
    check(Date.now() < end, `${what}: not so within ${limit / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/// A process of the binary that goes on until it is stopped.
class Running {
  constructor(args) {
    this.said = "";
    this.noted = "";
    this.process = spawn(BINARY, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.process.stdout.on("data", (text) => (this.said += text));
    this.process.stderr.on("data", (text) => (this.noted += text));
    this.ended = new Promise((resolve) => this.process.once("close", resolve));
    this.process.once("error", (error) => (this.noted += error));
  }

  get over() {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  async until(what, test, limit) {
    return until(what, () => {
      check(!this.over, `${what}: the process has ended\n${this.noted}`);
      return test(this);
    }, limit);
  }

  async stop() {
    if (!this.over) this.process.kill("SIGINT");
    await this.ended;
    check(!this.noted.includes("panicked"), `a panic:\n${this.noted}`);
  }
}

/// Runs the binary to its end and reads the document that it prints.
export function asJson(...args) {
  return JSON.parse(execFileSync(BINARY, ["--json", ...args], { encoding: "utf8", timeout: 120_000 }));
}

/// The authorities, the browser, and everybody who uses it.
export class World {
  #running = [];
  #people = new Map();

  constructor(folder) {
    this.folder = folder;
    this.pictures = 0;
    this.entries = 0;
    this.told = [];
    this.auditors = { CN: "CN/auditor:wen", KR: "KR/auditor:seo" };
    rmSync(PICTURES, { recursive: true, force: true });
  }

  /// Plays the demonstration and serves it on free ports; opens the browser.
  async open(guests) {
    const dir = join(this.folder, "demo");
    const opening = launch(chromium);
    // A demonstration that was played before spares whoever writes tests the play.
    if (process.env.DEMO) cpSync(process.env.DEMO, dir, { recursive: true });
    else asJson("demo", "--once", "--dir", dir);
    // Links for more people than the demonstration invites by itself.
    const invited = guests.map((guest) => {
      const [authority, person] = guest.split("/");
      return { authority, ...asJson("user", "invite", person, "--dir", join(dir, authority)) };
    });
    const demo = this.run("--json", "demo", "--dir", dir, "--listen", "localhost:0");
    this.demo = await demo.until("the demonstration is served", (it) => document(it.said), 60_000);
    for (const { authority, person, url } of [...this.demo.links, ...invited]) {
      const base = this.demo.serving[authority];
      const key = `${authority}/${person}`;
      const link = base + new URL(url).pathname;
      if (!this.#people.has(key)) this.#people.set(key, new Person(this, { base, authority, person, link }));
    }
    this.browser = await opening;
  }

  /// Plays a story of these tests and serves its authorities as nodes of their own, each of which reaches the others; then
  /// these people, such as `CN-HB/licensing_officer:li`, can sign in.
  async play(story, people) {
    const dir = join(this.folder, story);
    const keys = people.map((key) => key.split("/"));
    const ids = [...new Set(keys.map(([authority]) => authority))];
    const ports = await Promise.all(ids.map(freePort));
    const urls = ids.flatMap((id, place) => ["--url", `${id}=http://127.0.0.1:${ports[place]}`]);
    const file = join(ROOT, "web", "tests", story);
    execFileSync(BINARY, ["--quiet", "run", file, "--storage", "sqlite:", "--dir", dir, ...urls], { timeout: 120_000 });
    const invited = keys.map(([authority, actor]) => ({ authority, ...asJson("user", "invite", actor, "--dir", join(dir, authority)) }));
    const bases = new Map();
    for (const [place, id] of ids.entries()) {
      const node = this.run("serve", "--dir", join(dir, id), "--listen", `127.0.0.1:${ports[place]}`);
      await node.until(`${id} is served`, (it) => /serves http/.test(it.noted));
      // Under this name browsers keep cookies of an address without encryption.
      bases.set(id, `http://localhost:${ports[place]}`);
    }
    for (const { authority, person, url } of invited) {
      const base = bases.get(authority);
      this.welcome({ authority, person, base, link: base + new URL(url).pathname });
    }
  }

  run(...args) {
    const running = new Running(args);
    this.#running.push(running);
    return running;
  }

  /// Whoever the demonstration invites, such as `CN/lu`.
  person(key) {
    const person = this.#people.get(key);
    check(person, `the demonstration has no link for ${key}`);
    return person;
  }

  /// Somebody who was invited later.
  welcome(person) {
    const made = new Person(this, person);
    this.#people.set(`${person.authority}/${person.person}`, made);
    return made;
  }

  /// A place of somebody, such as `CN/permit_officer:lu`: their own window, in a language, of a width.
  seat(key, how) {
    const [authority, actor] = key.split(/\/(.*)/);
    return this.person(`${authority}/${actor.split(":").pop()}`).seat(actor, how);
  }

  /// A window of nobody.
  async nobody(authority, how = {}) {
    const stranger = new Person(this, { base: this.demo.serving[authority], authority, person: "" });
    return Seat.open(stranger, how);
  }

  /// Demands that an entry is in the journal as the auditor reads it: kind, actor, and these fields.
  async recorded(authority, seq, { kind, actor, ...fields }) {
    // An authority that begins has no auditor yet: what is told here is demanded when there is one.
    if (!this.auditors[authority]) return this.told.push([authority, seq, { kind, actor, ...fields }]);
    const seat = await this.seat(this.auditors[authority]);
    const answer = await seat.context.request.get(`${seat.base}/journal/${seq}`);
    check(answer.ok(), `${authority}/journal/${seq} is answered ${answer.status()}`);
    const page = await answer.text();
    const bytes = await seat.context.request.get(`${seat.base}/journal/${seq}/bytes`);
    check(bytes.ok(), `${authority}/journal/${seq}/bytes is answered ${bytes.status()}`);
    const entry = await bytes.json();
    const says = `entry ${seq} of ${authority}: ${JSON.stringify(entry).slice(0, 1500)}`;
    check(page.includes(seat.words.kind(entry.kind)), `the page of entry ${seq} does not tell its kind ${entry.kind}`);
    check(entry.kind === kind, `not ${kind}, but ${says}`);
    check(actor === undefined || entry.actor === actor, `not by ${actor}: ${says}`);
    includes(entry.data, fields, says);
    this.entries += 1;
    return entry;
  }

  /// An authority has an auditor from now on, who reads what was told before.
  async audit(authority, auditor) {
    this.auditors[authority] = auditor;
    const told = this.told.filter(([of]) => of === authority);
    for (const one of told) await this.recorded(...one);
  }

  /// A picture of a page, for whoever looks for what went wrong.
  async picture(page) {
    mkdirSync(PICTURES, { recursive: true });
    const file = join(PICTURES, `${(this.pictures += 1)}.png`);
    await page.screenshot({ path: file, fullPage: true, timeout: 10_000 }).catch(() => {});
    return existsSync(file) ? file : "no picture could be taken";
  }

  /// Ends everything, whatever happened.
  async close() {
    await this.browser?.close().catch(() => {});
    const stopped = await Promise.allSettled(this.#running.map((running) => running.stop()));
    const wrong = stopped.find((one) => one.status === "rejected");
    if (wrong) throw wrong.reason;
  }
}

/// A port of this machine on which nobody listens.
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/// A whole JSON document, or nothing yet.
function document(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/// Everything that is told must be there; what is there may be more.
function includes(found, told, says, path = "") {
  for (const [name, value] of Object.entries(told)) {
    const there = found?.[name];
    if (value !== null && typeof value === "object") includes(there, value, says, `${path}${name}.`);
    else check(there === value, `${path}${name} is ${JSON.stringify(there)}, not ${JSON.stringify(value)}: ${says}`);
  }
}

/// Starts a browser, with more flags if some are wanted.
export function launch(kind, flags = []) {
  const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = process.env.CHROMIUM ?? places.find(existsSync);
  check(found, "Chromium is not there; on Debian: apt-get install chromium");
  const args = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  // Its own sandbox does not work for root.
  return kind.launch({ executablePath: found, args: [...args, ...flags], chromiumSandbox: process.getuid() !== 0 });
}

/// A secret of base 32 letters as bytes.
function bytes(secret) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
}

/// The code of a time step (RFC 6238).
function codeOf(secret, step) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", bytes(secret)).update(counter).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

/// Somebody who signs in.
class Person {
  #seats = new Map();
  #last = 0;

  constructor(world, told) {
    Object.assign(this, told);
    this.password = PASSWORD;
    this.world = world;
  }

  /// The next code that was not used yet: of three time steps around now, each once. One that is about to end is passed
  /// over, so that there is time to type.
  async code() {
    const step = await until(`a code of ${this.person}`, () => {
      const now = Math.floor(Date.now() / 30_000);
      const fresh = Date.now() % 30_000 < 12_000;
      const next = Math.max(this.#last + 1, fresh ? now - 1 : now);
      return next <= now + 1 && next;
    }, 100_000);
    this.#last = step;
    return codeOf(this.secret, step);
  }

  /// Their window; the first time they set up how they sign in, and sign in. Whoever has several roles acts in one of
  /// them from then on: windows share it.
  async seat(actor, how = {}) {
    this.actor ??= actor;
    check(this.actor === actor, `${this.person} acts as ${this.actor} already, and not as ${actor}`);
    const key = JSON.stringify([how.lang ?? "en", how.width ?? 1280, how.script ?? true, how.own]);
    if (!this.#seats.has(key)) this.#seats.set(key, this.#sit(how));
    return this.#seats.get(key);
  }

  async #sit(how) {
    // Two windows of one person share what the browser keeps, so that one sign-in is enough.
    const first = this.cookies ? await this.cookies : undefined;
    let told;
    if (!first) this.cookies = new Promise((resolve) => (told = resolve));
    const seat = await Seat.open(this, { ...how, storageState: first });
    if (!first) {
      if (!this.secret) await seat.enrol(this.handed);
      await seat.signIn();
      await seat.wear(this.actor);
      told(await seat.context.storageState());
    }
    return seat;
  }
}

/// A window of somebody.
export class Seat {
  static async open(person, how) {
    const lang = how.lang ?? "en";
    const context = await person.world.browser.newContext({
      viewport: { width: how.width ?? 1280, height: 900 },
      locale: lang === "zh" ? "zh-CN" : "en-GB",
      javaScriptEnabled: how.script ?? true,
      storageState: how.storageState,
      reducedMotion: "reduce",
    });
    context.setDefaultTimeout(LIMIT_MS);
    return new Seat(person, context, await context.newPage(), Words.of(lang));
  }

  constructor(person, context, page, words) {
    Object.assign(this, { person, context, page, words });
    this.world = person.world;
    this.base = person.base;
    this.authority = person.authority;
    this.wrong = [];
    page.on("pageerror", (error) => this.wrong.push(`${page.url()}: ${error}`));
    page.on("console", (line) => line.type() === "error" && this.wrong.push(`${page.url()}: ${line.text()}`));
    page.on("response", (answer) => answer.status() >= 500 && this.wrong.push(`${answer.url()}: ${answer.status()}`));
  }

  get main() {
    const test = running.getStore();
    if (test) test.page = this.page;
    return this.page.getByRole("main");
  }

  t(key, given) {
    return this.words.t(key, given);
  }

  /// Opens a page, which must be there.
  async open(path) {
    const test = running.getStore();
    if (test) test.page = this.page;
    const answer = await this.page.goto(this.base + path);
    check(answer.ok(), `${path} is answered ${answer.status()}`);
  }

  /// Presses a button by its name.
  async press(name, within = this.main) {
    await within.getByRole("button", { name, exact: true }).click();
  }

  /// Demands that the page says something.
  async says(text) {
    await this.main.getByText(text).first().waitFor();
  }

  async enrol(handed) {
    await this.page.goto(this.person.link);
    const main = this.main;
    this.person.secret = (await main.locator("code").first().textContent()).trim();
    if (handed) await main.getByLabel(this.t("enrol-handed")).fill(handed);
    await main.getByLabel(this.t("enrol-password"), { exact: true }).fill(PASSWORD);
    await main.getByLabel(this.t("enrol-again")).fill(PASSWORD);
    await main.getByLabel(this.t("code-label")).fill(await this.person.code());
    await this.press(this.t("enrol-do"));
    await this.says(this.t("sign-in-enrolled"));
  }

  async signIn() {
    await this.open("/sign-in");
    await this.main.getByLabel(this.t("sign-in-person")).fill(this.person.person);
    await this.main.getByLabel(this.t("sign-in-password")).fill(PASSWORD);
    await this.main.getByLabel(this.t("code-label")).fill(await this.person.code());
    await this.press(this.t("sign-in-do"));
    const out = this.page.getByRole("button", { name: this.t("frame-sign-out") });
    await out.or(this.main.getByRole("alert")).first().waitFor();
    check(await out.isVisible(), `${this.person.person} is not let in: ${await this.main.innerText()}`);
  }

  /// Acts in another role of the same person.
  async wear(actor) {
    const acting = this.page.getByLabel(this.t("frame-acting"));
    if (!(await acting.count()) || (await acting.inputValue()) === actor) return;
    await acting.selectOption(actor);
    await this.page.getByRole("button", { name: this.t("frame-acting-do"), exact: true }).click();
    await this.page.locator(`#acting option[selected][value="${actor}"]`).waitFor({ state: "attached" });
  }

  /// Goes from a page to the form of an act by the link that is there.
  async follow(verb, about = "") {
    const part = about && `[href*="${encodeURIComponent(about)}"]`;
    const leads = `a[href="/act/${verb}"]${part}, a[href^="/act/${verb}?"]${part}`;
    const link = this.main.locator(leads);
    check(await link.count(), `${this.page.url()} has no link to ${verb} ${about}`);
    const folded = this.main.locator("details:not([open])", { has: this.page.locator(leads) }).locator("summary");
    if (await folded.count()) await folded.first().click();
    await link.first().click();
  }

  /// Fills in the form of an act, looks at what would come of it, signs if a code is asked for, and reads the number of
  /// the entry. `on` is the page that leads to the act; without it the form is opened by its address.
  async act(verb, fields = {}, { on, about, query = "", expect, records } = {}) {
    if (on === undefined) await this.open(`/act/${verb}${query}`);
    else {
      if (on) await this.open(on);
      await this.follow(verb, about);
    }
    await this.fill(verb, fields);
    await this.checked(verb);
    await this.world.examine?.(this, `check ${verb}`);
    if (records) for (const kind of records) await this.says(this.words.kind(kind));
    return this.sign(verb, expect);
  }

  /// Fills in what is asked. What the page that led here knew already must be the same.
  async fill(verb, fields) {
    const asks = this.main.locator(`form[action="/act/${verb}"]`);
    const go = asks.getByRole("button", { name: this.t("act-go-on"), exact: true });
    if (await go.count()) {
      await this.fillIn(asks, verb, fields);
      await go.click();
    } else await this.fillIn(this.main.locator(`form[action="/act/${verb}/sign"]`), verb, fields);
  }

  async fillIn(scope, verb, fields, before = "") {
    for (const [name, value] of Object.entries(fields)) {
      const path = before + name;
      if (Array.isArray(value) && typeof value[0] === "object") {
        const table = this.group(scope, verb, name);
        for (const [place, row] of value.entries()) {
          const number = String(place + 1);
          const line = table.getByRole("group", { name: this.t("field-row", { number }), exact: true });
          await this.fillIn((await line.count()) ? line : scope, verb, row, `${path}.${place}.`);
        }
      } else if (Array.isArray(value)) await this.several(scope, verb, name, value);
      else if (typeof value === "object" && !(value instanceof RegExp)) {
        const group = this.group(scope, verb, name);
        await this.fillIn((await group.count()) ? group : scope, verb, value, `${path}.`);
      } else await this.one(scope, verb, path, name, value);
    }
  }

  group(scope, verb, name) {
    return scope.getByRole("group", { name: this.words.label(verb, name) });
  }

  /// The control of a name that belongs to the form or group itself, not to a group inside of it.
  async control(scope, verb, name) {
    const own = [];
    const mine = (element) => {
      const groups = [];
      for (let at = element; (at = at.parentElement?.closest("fieldset.cs-group")); ) groups.push(at);
      return groups.length;
    };
    const depth = await scope.evaluate((element) => {
      let groups = element.matches("fieldset") ? 1 : 0;
      for (let at = element; (at = at.parentElement?.closest("fieldset.cs-group")); ) groups += 1;
      return groups;
    });
    const found = await scope.getByLabel(this.words.label(verb, name)).all();
    for (const control of found) if ((await control.evaluate(mine)) === depth) own.push(control);
    check(own.length < 2, `${verb}: ${own.length} controls are called ${this.words.field(verb, name)}`);
    return own[0];
  }

  async one(scope, verb, path, name, value) {
    const control = await this.control(scope, verb, name);
    if (!control) return this.known(verb, path, value);
    const kind = await control.evaluate((element) => (element.type === "checkbox" ? "checkbox" : element.localName));
    if (kind === "checkbox") await control.setChecked(value);
    else if (kind !== "select") await control.fill(String(value));
    else if (value instanceof RegExp) await control.selectOption(await this.option(control, value));
    else await control.selectOption(String(value));
  }

  async known(verb, path, value) {
    const hidden = this.main.locator(`form[action^="/act/${verb}"] input[type=hidden][name="${path}"]`);
    check(await hidden.count(), `${verb}: nothing is called ${path}: ${await this.main.innerText()}`);
    const there = await hidden.first().inputValue();
    const same = value instanceof RegExp ? value.test(there) : there === String(value);
    check(same, `${verb}: the page has ${path} ${there}, not ${value}`);
  }

  /// The last option whose words match.
  async option(select, pattern) {
    const options = await select.locator("option").evaluateAll((all) => all.map((one) => [one.value, one.label]));
    const found = options.filter(([, label]) => pattern.test(label)).at(-1);
    check(found, `none of ${options.length} options is ${pattern}: ${JSON.stringify(options).slice(0, 600)}`);
    return found[0];
  }

  async several(scope, verb, name, values) {
    const group = this.group(scope, verb, name);
    if (await group.count()) for (const value of values) await group.locator(`input[value="${value}"]`).check();
    else {
      const control = await this.control(scope, verb, name);
      if (control) await control.fill(values.join("\n"));
      else await this.known(verb, name, values[0]);
    }
  }

  /// The page that shows what would be recorded.
  async checked(verb) {
    const record = this.main.locator(`form[action="/act/${verb}/sign"]`);
    const wrong = this.main.locator(".govuk-error-summary").or(this.main.locator("h1:has-text('⟦')"));
    await record.or(wrong).first().waitFor();
    check(await record.count(), `${verb} cannot be done: ${await this.main.innerText()}`);
  }

  /// Records; gives the entry's number, and what is shown once.
  async sign(verb, expect) {
    const code = this.main.getByLabel(this.t("code-label"));
    const signs = await code.count();
    if (signs) await code.fill(await this.person.code());
    await this.press(this.t(signs ? "act-sign" : "act-record"));
    const entry = this.main.locator("#entry");
    await entry.or(this.main.locator(".govuk-error-summary, .cs-fault")).first().waitFor();
    check(await entry.count(), `${verb} was not recorded: ${await this.main.innerText()}`);
    const seq = Number((await entry.textContent()).replace(/\D/g, ""));
    await this.world.examine?.(this, `done ${verb}`);
    const handed = this.main.locator("#handed");
    const shown = (await handed.count()) ? (await handed.textContent()).trim() : undefined;
    if (expect) await this.world.recorded(this.authority, seq, expect);
    return { seq, handed: shown };
  }

  /// A second person's yes.
  async approve(seq, expect) {
    const approved = await this.act("approve", {}, { on: `/decisions/${seq}` });
    const by = { kind: "DecisionApproved" };
    await this.world.recorded(this.authority, approved.seq, by);
    // What was decided is recorded together with the yes.
    if (expect) await this.world.recorded(this.authority, approved.seq + 1, expect);
    return approved;
  }
}
