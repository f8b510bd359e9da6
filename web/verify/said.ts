// What is said of a code, in the words that the page gives.

import type { List } from "./list.ts";
import type { Checked, Line, Permit } from "./permit.ts";
import type { Reason } from "./refused.ts";

/// What the page gives: keys, names and words.
export interface Facts {
  own: string;
  lang: string;
  list: string;
  register: boolean;
  zone: string;
  shift_ms: number;
  keys: { issuer: string; public: string; from: number; until: number }[];
  authorities: Record<string, string>;
  countries: Record<string, string>;
  substances: Record<string, string>;
  states: Record<string, { class: string; mark: string; word: string }>;
  words: Record<string, string>;
}

/// An element with its class and what is inside.
function made(name: string, kind: string, ...inside: (Node | string)[]): HTMLElement {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  element.append(...inside);
  return element;
}

export class Said {
  constructor(
    readonly facts: Facts,
    readonly place: HTMLElement,
    readonly toServer: () => void,
  ) {}

  /// The words under a key with things put in.
  words(key: string, given: Record<string, string> = {}): string {
    const words = this.facts.words[key] ?? key;
    return words.replace(/\{(\w+)\}/g, (all, name: string) => given[name] ?? all);
  }

  reason(reason: Reason): string {
    return this.words(`code-reason-${reason.replaceAll("_", "-")}`);
  }

  authority(id: string): string {
    return this.facts.authorities[id] ?? id;
  }

  /// A day in words, of its number from 1970.
  day(day: number): string {
    // As the pages write it.
    const lang = this.facts.lang === "en" ? "en-GB" : this.facts.lang;
    const at = new Date(day * 86_400_000);
    return at.toLocaleDateString(lang, { dateStyle: "long", timeZone: "UTC" });
  }

  focus(): void {
    this.place.focus();
  }

  /// What could not be read, and why.
  unread(reason: Reason): void {
    const state = reason === "key_unknown" ? "unknown_key" : "broken";
    this.#show(this.#state(state, this.reason(reason)), made("p", "govuk-body", this.words("code-unread-help")));
  }

  /// What a signed code says.
  permit({ permit, against }: Checked, notes: string[], list: List | undefined): void {
    const alone = permit.issuer !== list?.issuer;
    const state = against ?? (alone ? "alone" : "valid");
    this.#show(
      this.#state(state, this.#detail(state, permit, list)),
      made("ul", "govuk-list govuk-list--bullet", ...notes.map((note) => made("li", "", note))),
      made("h2", "govuk-heading-m", this.words("code-says")),
      this.#fields(permit),
      this.#goods(permit.lines),
      made("ul", "govuk-list govuk-list--bullet", made("li", "", this.words("code-proves")), made("li", "", this.words("code-not-goods"))),
    );
  }

  #show(...inside: Node[]): void {
    const again = made("button", "govuk-button govuk-button--secondary", this.words("check-register"));
    again.addEventListener("click", () => this.toServer());
    this.place.replaceChildren(...inside, again);
    this.place.hidden = false;
  }

  #state(state: string, detail: string): HTMLElement {
    const { class: kind, mark, word } = this.facts.states[state] ?? { class: "unknown", mark: "", word: state };
    const text = made("div", "cs-state__text", made("p", "cs-state__word", word), made("p", "cs-state__detail", detail));
    const shown = made("div", `cs-state cs-state--${kind}`, text);
    shown.dataset.state = state;
    // The shape is the page's own.
    shown.insertAdjacentHTML("afterbegin", mark);
    return shown;
  }

  #detail(state: string, permit: Permit, list: List | undefined): string {
    const until = { day: this.day(permit.validUntil) };
    switch (state) {
      case "not_yet_valid":
        return this.words("check-begins", { day: this.day(permit.validFrom) });
      case "expired":
        return this.words("customs-expired", until);
      case "revoked":
        return this.words("customs-revoked");
      case "used":
        return this.words("check-used");
      case "list_too_old":
        return this.words("check-list-ended", { day: this.day(list?.validUntil ?? 0) });
      default:
        return this.words("customs-valid", until);
    }
  }

  #fields(permit: Permit): HTMLElement {
    const party = ({ name, city, country }: Permit["exporter"]) =>
      this.words("trade-party", { name, address: city, country: this.facts.countries[country] ?? country });
    const rests = permit.authorization;
    const fields: [string, string[]][] = [
      ["code-kind", [this.words(`code-${permit.kind.replaceAll("_", "-")}`)]],
      ["code-number", [permit.number]],
      ["code-exporting", [this.authority(permit.exportingAuthority)]],
      ["code-importing", [this.authority(permit.importingAuthority)]],
      ["case-exporter", [party(permit.exporter)]],
      ["case-importer", [party(permit.importer)]],
      ["code-issued", [this.day(permit.issuedOn)]],
      ["code-from", permit.validFrom === permit.issuedOn ? [] : [this.day(permit.validFrom)]],
      ["verify-until", [this.day(permit.validUntil)]],
      ["case-authorization", rests ? [rests.number, this.day(rests.issuedOn), this.authority(rests.issuer)] : []],
      ["case-purpose", [this.words(`trade-purpose-${permit.purpose.replace("_", "-")}`)]],
      ["code-bonded", permit.bonded ? [this.words("code-yes")] : []],
      ["code-several", permit.several ? [this.words("code-yes")] : []],
      ["code-duplicate", permit.duplicate ? [String(permit.duplicate)] : []],
      ["code-posts", permit.posts],
      ["customs-case", permit.case === undefined ? [] : [permit.case]],
      ["code-entry", [String(permit.entry)]],
    ];
    const rows = fields.filter(([, lines]) => lines.length);
    return made(
      "dl",
      "govuk-summary-list",
      ...rows.map(([key, lines]) =>
        made(
          "div",
          "govuk-summary-list__row",
          made("dt", "govuk-summary-list__key", this.words(key)),
          made("dd", "govuk-summary-list__value", ...lines.flatMap((line, at) => (at ? [document.createElement("br"), line] : [line]))),
        ),
      ),
    );
  }

  #goods(lines: Line[]): HTMLElement {
    const heads = ["code-inn", "code-form", "customs-permitted", "case-base"];
    const cell = (text: string, at: number) => {
      const cell = made(at ? "td" : "th", `govuk-table__${at ? "cell" : "header"}${at > 1 ? " cs-number" : ""}`, text);
      if (!at) cell.setAttribute("scope", "row");
      return cell;
    };
    const rows = lines.map((line) => {
      const form = this.words(`form-${line.form.replaceAll(" ", "-")}`);
      const says = [
        this.facts.substances[line.inn] ?? line.inn,
        form.startsWith("form-") ? line.form : form,
        line.unit === "salt" ? this.#grams(line.amount) : this.words("trade-units", { amount: grouped(String(line.amount)) }),
        this.#grams(line.baseUg),
      ];
      return made("tr", "govuk-table__row", ...says.map(cell));
    });
    const head = heads.map((key, at) => {
      const cell = made("th", `govuk-table__header${at > 1 ? " cs-number" : ""}`, this.words(key));
      cell.setAttribute("scope", "col");
      return cell;
    });
    const table = made(
      "table",
      "govuk-table",
      made("caption", "govuk-table__caption govuk-table__caption--m", this.words("case-goods")),
      made("thead", "govuk-table__head", made("tr", "govuk-table__row", ...head)),
      made("tbody", "govuk-table__body", ...rows),
    );
    const scroll = made("div", "cs-scroll", table);
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", this.words("case-goods"));
    return scroll;
  }

  /// Micrograms in grams, exact.
  #grams(micrograms: bigint): string {
    const part = String(micrograms % 1_000_000n).padStart(6, "0").replace(/0+$/, "");
    const whole = grouped(String(micrograms / 1_000_000n));
    return this.words("amount-grams", { amount: part ? `${whole}.${part}` : whole });
  }
}

/// Digits with their thousands apart.
function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}
