// The words of the pages, read from the same files as the pages read: a test looks for a control by the name that
// people see, in any language, and does not break when somebody finds a better word.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = process.env.ROOT ?? fileURLToPath(new URL("../..", import.meta.url));

const LOCALES = join(ROOT, "crates/web/locales");

function read(lang) {
  const all = new Map();
  for (const file of readdirSync(join(LOCALES, lang))) {
    for (const line of readFileSync(join(LOCALES, lang, file), "utf8").split("\n")) {
      const [, key, words] = /^([a-z][\w-]*) = (.*)$/i.exec(line) ?? [];
      if (key) all.set(key, words);
    }
  }
  return all;
}

/// The words of one language.
export class Words {
  static #known = new Map();

  static of(lang) {
    if (!this.#known.has(lang)) this.#known.set(lang, new Words(lang));
    return this.#known.get(lang);
  }

  constructor(lang) {
    this.lang = lang;
    this.all = read(lang);
  }

  /// The words under a key, with what is put in; nothing if there are none.
  find(key, given = {}) {
    return this.all.get(key)?.replace(/\{ \$(\w+) \}/g, (_, name) => given[name] ?? "");
  }

  /// The words under a key; a key that is missing reads as it does on the pages.
  t(key, given) {
    return this.find(key, given) ?? `⟦${key}⟧`;
  }

  /// The name of a field of an act, as its label or legend begins.
  field(verb, name) {
    const plain = name.replaceAll("_", "-");
    return this.find(`field-${verb.replaceAll("_", "-")}-${plain}`) ?? this.t(`field-${plain}`);
  }

  /// How the label of a field reads: the name, and for a field that may stay empty a word that says so.
  label(verb, name) {
    const field = this.field(verb, name);
    return new RegExp(`^(${escaped(field)}|${escaped(this.t("field-optional", { field }))})$`);
  }

  /// The word of a value of the law.
  value(word) {
    return this.find(`value-${word.replace(/[_.]/g, "-")}`) ?? word.replaceAll("_", " ");
  }

  /// The name of a kind of entry.
  kind(kind) {
    return this.t(`kind-${kind}`);
  }
}

/// A text as a part of a pattern.
export function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
