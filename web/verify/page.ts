// The check of a code on this device, and scanning with its camera. Without this script, or where the browser cannot
// check signatures, the form goes to the server, which checks as well.

import { CODE_CHARS_MAX, PREFIX } from "./code.ts";
import { type Key, Keys } from "./envelope.ts";
import { fromBase64 } from "./letters.ts";
import { type List, readList } from "./list.ts";
import { type Checked, type Permit, checkPermit } from "./permit.ts";
import { type Reason, Refused } from "./refused.ts";
import { scanning } from "./scan.ts";
import { type Facts, Said } from "./said.ts";

/// The longest text that is taken for a number.
const NUMBER_CHARS_MAX = 80;
const DAY_MS = 86_400_000;
/// So long the list may take before the network counts as away.
const LIST_WITHIN_MS = 8_000;

/// The codes in what somebody typed, pasted or scanned; none if it is a number. Each begins a line, and a letter may
/// have broken it into several.
export function codesIn(text: string): string[] {
  const isNumber = !text.trim().startsWith(PREFIX) && [...text.replace(/\s/g, "")].length <= NUMBER_CHARS_MAX;
  if (isNumber) return [];
  const codes: string[] = [];
  for (const line of text.trim().split(/\r?\n/)) {
    if (!line.trim()) continue;
    if (codes.length && !line.trimStart().startsWith(PREFIX)) codes[codes.length - 1] += line;
    else codes.push(line.trimStart());
  }
  return codes.flatMap((code) => divided(code.trimEnd()));
}

/// What is too long to be one code, divided where another begins.
function divided(code: string): string[] {
  if (code.length <= CODE_CHARS_MAX) return [code];
  return code.split(new RegExp(`(?!^)(?=${PREFIX})`)).map((part) => part.trimEnd());
}

/// A list as far as it could be had.
interface Had {
  list?: List;
  how: "fresh" | "kept" | "none";
  trouble?: Reason;
}

/// The list of the authority: from the network, or as it was kept when there was one.
async function hadList(facts: Facts, keys: Keys): Promise<Had> {
  const kept = await caches.open("countersign-lists").catch(() => undefined);
  const seen = `countersign-list ${facts.keys.find((key) => key.issuer === facts.own)?.public}`;
  const last = Number(localStorage.getItem(seen) ?? 0);
  const read = async (response: Response, how: "fresh" | "kept"): Promise<Had> => {
    try {
      const list = await readList(new Uint8Array(await response.arrayBuffer()), keys, last);
      return list.issuer === facts.own ? { list, how } : { how, trouble: "list_of_another" };
    } catch (error) {
      if (error instanceof Refused) return { how, trouble: error.reason };
      throw error;
    }
  };
  try {
    const response = await fetch(facts.list, { cache: "no-cache", signal: AbortSignal.timeout(LIST_WITHIN_MS) });
    if (!response.ok) throw new Error(`${response.status}`);
    const copy = response.clone();
    const had = await read(response, "fresh");
    if (had.list) {
      localStorage.setItem(seen, String(had.list.sequence));
      await kept?.put(facts.list, copy);
    }
    return had;
  } catch {
    const old = await kept?.match(facts.list);
    return old ? read(old, "kept") : { how: "none" };
  }
}

/// The civil day at the authority by the clock of this device, moved as the authority's own is; it is in a demonstration
/// alone.
function today(facts: Facts): number {
  const at = new Intl.DateTimeFormat("en-CA", { timeZone: facts.zone, dateStyle: "short" });
  return Date.parse(at.format(Date.now() + facts.shift_ms)) / DAY_MS;
}

/// Shows what comes of codes.
async function show(said: Said, codes: string[]): Promise<Had> {
  const { facts } = said;
  const all: Key[] = facts.keys.map((key) => ({ ...key, public: fromBase64(key.public) }));
  const [keys, on] = [await Keys.of(all), today(facts)];
  const had = await hadList(facts, keys);
  let checked: Checked | Reason;
  try {
    checked = await checkPermit(codes, keys, undefined, on);
    if (had.list?.issuer === checked.permit.issuer) checked = await checkPermit(codes, keys, had.list, on);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    checked = error.reason;
  }
  if (typeof checked === "string") said.unread(checked);
  else said.permit(checked, notes(said, checked.permit, had, on), had.list);
  return had;
}

/// What the answer rests on.
function notes(said: Said, permit: Permit, { list, how, trouble }: Had, on: number): string[] {
  const all = [said.words("check-day", { day: said.day(on) })];
  if (permit.issuer !== said.facts.own) {
    all.push(said.words("check-foreign", { authority: said.authority(permit.issuer) }));
  } else if (trouble) {
    all.push(said.words("check-list-bad", { reason: said.reason(trouble) }));
  } else if (!list) {
    all.push(said.words("check-alone"));
  } else {
    all.push(said.words(`check-${how}`, { day: said.day(list.issuedOn), age: String(on - list.issuedOn) }));
  }
  return all;
}

/// Takes codes out of the form and checks them here; numbers, and what only the server knows, go on to it.
function begin(form: HTMLFormElement, facts: Facts): void {
  const box = form.querySelector("textarea");
  const place = document.getElementById("checked");
  if (!box || !place) return;
  const said = new Said(facts, place, () => form.submit());
  form.addEventListener("submit", async (event) => {
    const codes = codesIn(box.value);
    if (!codes.length) return;
    event.preventDefault();
    try {
      const had = await show(said, codes);
      // Who may see the register gets its answer, unless the network is away.
      if (facts.register && had.how === "fresh") form.submit();
      else said.focus();
    } catch {
      // A browser that cannot check signatures leaves it to the server.
      form.submit();
    }
  });
  scanning(box, said, () => form.requestSubmit());
}

const given = document.getElementById("check-facts");
const form = document.querySelector<HTMLFormElement>("form[data-check]");
if (given && form) begin(form, JSON.parse(given.textContent ?? "") as Facts);

export * from "./check.ts";
