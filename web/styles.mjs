// The style sheet: GOV.UK Frontend's components that we use, and our own.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { compile } from "sass";

const packageOf = (here, name) => JSON.parse(readFileSync(join(here, "node_modules", name, "package.json"), "utf8"));

// GOV.UK Frontend says left and right where it means start and end. Said like this, pages in Arabic mirror by themselves.
const sides = [
  [/(margin|padding|border)-left/g, "$1-inline-start"],
  [/(margin|padding|border)-right/g, "$1-inline-end"],
  [/([{;])left:/g, "$1inset-inline-start:"],
  [/([{;])right:/g, "$1inset-inline-end:"],
  [/([{;])float:left/g, "$1float:inline-start"],
  [/([{;])float:right/g, "$1float:inline-end"],
  [/text-align:left(?!;direction)/g, "text-align:start"],
  [/text-align:right/g, "text-align:end"],
];

// What is said twice: the same letters on paper as on the screen, a colour beside the variable that holds it, and rules
// for browsers that cannot run these pages anyway.
const spare = [
  [/@media print\{[^{}]*\{font-family:var\(--cs-font\)\}\}/g, ""],
  [/var\((--govuk-[a-z-]+), ?#[0-9a-f]{3,6}\)/g, "var($1)"],
  [/-(webkit|moz-osx)-font-smoothing:[a-z]+;?/g, ""],
  [/,\(-ms-high-contrast: active\)/g, ""],
];

// Variants of GOV.UK Frontend that no page uses. A page that needs one takes its word out of this list.
const unused = new RegExp(
  "\\.govuk-(" +
    [
      "(checkboxes|radios)--small",
      "(checkboxes|radios)__conditional",
      "(service-navigation|button|back-link|breadcrumbs|link)--inverse",
      "service-navigation__toggle",
      "pagination--block",
      "panel--interruption",
      "summary-card",
      "section-break--",
      "label--xl",
      "button--start",
      "button__start-icon",
      "input--extra-letter-spacing",
      "input__(prefix|suffix)",
      "main-wrapper--l",
      "tag--(pink|magenta|turquoise)",
    ].join("|") +
    ")",
);

// Leaves out of every rule the selectors that nobody uses, and then what has become empty.
const pruned = (css) =>
  css
    .replace(/([^{}@;/]+)(\{[^{}]*\})/g, (rule, selectors, body) => {
      // A comma inside of brackets does not end a selector.
      const used = selectors.split(/,(?![^(]*\))/).filter((selector) => !unused.test(selector));
      return used.length ? used.join(",") + body : "";
    })
    .replace(/@media[^{}]*\{\}/g, "")
    .replace(/(@media[^{}]*\{)((?:[^{}]+\{[^{}]*\})*)\}(?:\1((?:[^{}]+\{[^{}]*\})*)\})+/g, (same, query) =>
      same.endsWith("}") ? query + same.slice(query.length, -1).split("}" + query).join("") + "}" : same,
    );

export function styles(here) {
  const { css } = compile(join(here, "styles/countersign.scss"), {
    loadPaths: [join(here, "node_modules")],
    style: "compressed",
    quietDeps: true,
  });
  const short = [...sides, ...spare].reduce((text, [from, to]) => text.replace(from, to), css.replace(/^\uFEFF/, "").trim());
  const { version, license } = packageOf(here, "govuk-frontend");
  return `/* With parts of GOV.UK Frontend ${version}, ${license}: see govuk-frontend.txt */\n${pruned(short)}\n`;
}
