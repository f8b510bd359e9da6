// What a permit says, and whether it is good on a day.

import { type Item } from "./cbor.ts";
import { whole } from "./code.ts";
import { type Claims, type Keys, PERMIT } from "./envelope.ts";
import { Fields, array, choice, flag, hash, id, integer, text } from "./fields.ts";
import { hex } from "./letters.ts";
import { type List, checkListed } from "./list.ts";
import { type Reason, Refused, refuse } from "./refused.ts";

const KINDS = ["export_permit", "import_authorization", "emergency_export_permit"] as const;
const PURPOSES = ["medical", "scientific", "manufacture", "re_export"] as const;

export interface Party {
  name: string;
  city: string;
  country: string;
}

export interface Line {
  inn: string;
  form: string;
  baseUg: bigint;
  amount: bigint;
  unit: "salt" | "dispensing";
}

/// What a signed code says; days are counted from 1970.
export interface Permit {
  number: string;
  kind: (typeof KINDS)[number];
  duplicate: number;
  issuer: string;
  exportingAuthority: string;
  importingAuthority: string;
  exporter: Party;
  importer: Party;
  lines: Line[];
  authorization?: { number: string; issuedOn: number; issuer: string };
  issuedOn: number;
  validFrom: number;
  validUntil: number;
  posts: string[];
  purpose: (typeof PURPOSES)[number];
  case?: string;
  entry: bigint;
  bonded: boolean;
  several: boolean;
  addresses: string;
}

/// A permit that is signed, and what is against it.
export interface Checked {
  permit: Permit;
  against?: Reason;
}

/// Reads the code or codes of one permit, and checks it on a day against the list, if there is one. Refused if it is not
/// a permit that a known key has signed.
export async function checkPermit(codes: string[], keys: Keys, list: List | undefined, on: number): Promise<Checked> {
  const permit = permitOf(await whole(codes, keys));
  if (list && list.issuer !== permit.issuer) refuse("list_of_another");
  try {
    if (list) await checkListed(list, permit.number, permit.duplicate);
    if (on < permit.validFrom) refuse("not_yet_valid");
    if (on > permit.validUntil) refuse("expired");
    if (list && list.validUntil < on) refuse("list_too_old");
  } catch (error) {
    if (error instanceof Refused) return { permit, against: error.reason };
    throw error;
  }
  return { permit };
}

function permitOf(claims: Claims): Permit {
  if (claims.own[0] !== PERMIT) return refuse("claims_bad");
  const { issuer, issuedOn, validFrom, validUntil } = claims;
  const fields = new Fields(claims.own[1]);
  const number = id(fields.take(1n));
  const kind = KINDS[choice(fields.take(2n), KINDS.length)] ?? refuse("claims_bad");
  const isExport = kind !== "import_authorization";
  const duplicate = choice(fields.maybe(3n) ?? 0n, 256);
  const other = id(fields.take(4n));
  const [exportingAuthority, importingAuthority] = isExport ? [issuer, other] : [other, issuer];
  const [exporter, importer] = [party(fields.take(5n)), party(fields.take(6n))];
  const lines = array(fields.take(7n), 1, 20).map(line);
  const known = fields.maybe(8n);
  const authorization = known === undefined ? undefined : authorizationOf(known, importingAuthority);
  const places = fields.maybe(9n);
  const posts = places === undefined ? [] : array(places, 1, 4).map(text);
  const purpose = PURPOSES[choice(fields.take(10n), PURPOSES.length)] ?? refuse("claims_bad");
  const of = fields.maybe(11n);
  const entry = integer(fields.take(12n));
  const [bonded, several] = [flag(fields.maybe(13n)), flag(fields.maybe(14n))];
  const addresses = hex(hash(fields.take(15n)));
  const fits =
    fields.size === 0 &&
    entry >= 0n &&
    (authorization !== undefined) === (kind === "export_permit") &&
    (of !== undefined || !isExport) &&
    !(several && isExport);
  if (!fits) refuse("claims_bad");
  return {
    number,
    kind,
    duplicate,
    issuer,
    exportingAuthority,
    importingAuthority,
    exporter,
    importer,
    lines,
    ...(authorization && { authorization }),
    issuedOn,
    validFrom,
    validUntil,
    posts,
    purpose,
    ...(of !== undefined && { case: id(of) }),
    entry,
    bonded,
    several,
    addresses,
  };
}

function party(item: Item): Party {
  const [name, city, country] = array(item, 3, 3).map(text);
  const fits = name !== undefined && city !== undefined && country !== undefined && /^[A-Z]{2}$/.test(country);
  return fits ? { name, city, country } : refuse("claims_bad");
}

function line(item: Item): Line {
  const [inn = null, form = null, base = null, amount = null, unit = null] = array(item, 5, 5);
  const [baseUg, count] = [integer(base), integer(amount)];
  if (baseUg <= 0n || count <= 0n) refuse("quantity_bad");
  return {
    inn: text(inn),
    form: text(form),
    baseUg,
    amount: count,
    unit: choice(unit, 2) === 0 ? "salt" : "dispensing",
  };
}

function authorizationOf(item: Item, importing: string) {
  const [number = null, day = null, by] = array(item, 2, 3);
  const issuer = by === undefined ? importing : id(by);
  if (by !== undefined && issuer === importing) refuse("cbor_not_canonical");
  return { number: id(number), issuedOn: choice(day, 3_000_000), issuer };
}
