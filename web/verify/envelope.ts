// The signed envelope: a tagged `COSE_Sign1` by Ed25519 over CBOR claims (RFC 9052, RFC 8392).

import { type Item, Pairs, Sign1, read } from "./cbor.ts";
import { Fields, integer, text } from "./fields.ts";
import { type Bytes, hex, sha256 } from "./letters.ts";
import { refuse } from "./refused.ts";

/// The own claims: a permit, a part of one, a list.
export const PERMIT = -65537n;
export const PART = -65538n;
export const LIST = -65539n;

const DAY_SECONDS = 86_400n;

/// A key of an authority, and the days on which it signs, counted from 1970.
export interface Key {
  issuer: string;
  public: Bytes;
  from: number;
  until: number;
}

/// The keys that somebody trusts, by their names.
export class Keys {
  readonly #all = new Map<string, Key>();

  static async of(all: Key[]): Promise<Keys> {
    const keys = new Keys();
    for (const key of all) {
      const kid = hex((await sha256(key.public)).subarray(0, 8));
      if (!keys.#all.has(kid)) keys.#all.set(kid, key);
    }
    return keys;
  }

  find(kid: string): Key | undefined {
    return this.#all.get(kid);
  }
}

/// What an envelope says, once its signature held; days are counted from 1970.
export interface Claims {
  issuer: string;
  issuedOn: number;
  validFrom: number;
  validUntil: number;
  own: [Item, Item];
}

/// The claims in an envelope that a known key has signed while it was valid.
export async function open(bytes: Bytes, keys: Keys): Promise<Claims> {
  const { header, payload, signature } = parts(bytes);
  const key = keys.find(keyName(header)) ?? refuse("key_unknown");
  if (!(await isSigned(key, signedBytes(header, payload), signature))) refuse("signature_bad");
  const claims = claimsOf(payload);
  if (claims.issuer !== key.issuer) refuse("issuer_other");
  const signs = claims.issuedOn >= key.from && claims.issuedOn <= key.until;
  return signs ? claims : refuse("key_out_of_date");
}

/// The claims in an envelope that nobody has checked.
export function unchecked(bytes: Bytes): Claims {
  return claimsOf(parts(bytes).payload);
}

function parts(sealed: Bytes) {
  const item = read(sealed);
  const inner = item instanceof Sign1 ? item.inner : undefined;
  if (!Array.isArray(inner) || inner.length !== 4) return refuse("not_signed");
  const [header, rest, payload, signature] = inner;
  const formed =
    header instanceof Uint8Array &&
    rest instanceof Pairs &&
    payload instanceof Uint8Array &&
    signature instanceof Uint8Array;
  if (!formed) return refuse("not_signed");
  // Its own form is told before what stands beside it.
  keyName(header);
  return rest.all.length ? refuse("header_bad") : { header, payload, signature };
}

/// The name of the key in a header that has algorithm −8 and a name of eight bytes, and nothing else.
function keyName(header: Bytes): string {
  const map = read(header);
  if (!(map instanceof Pairs)) return refuse("header_bad");
  const [first, second, ...more] = map.all;
  if (first?.[0] !== 1n) return refuse("header_bad");
  if (first[1] !== -8n) return refuse("algorithm_other");
  const kid = second?.[0] === 4n ? second[1] : undefined;
  const fits = kid instanceof Uint8Array && kid.length === 8 && !more.length;
  return fits ? hex(kid) : refuse("header_bad");
}

/// What is signed: `["Signature1", header, '', payload]` (RFC 9052 §4.4).
function signedBytes(header: Bytes, payload: Bytes): Bytes {
  const title = [...new TextEncoder().encode("Signature1")];
  const heads = [[0x84, 0x6a, ...title], head(header.length), [0x40], head(payload.length)] as const;
  const all = [heads[0], heads[1], header, heads[2], heads[3], payload];
  const bytes = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/// The head of so many bytes in CBOR.
function head(length: number): number[] {
  if (length < 24) return [0x40 | length];
  if (length < 0x100) return [0x58, length];
  if (length < 0x10000) return [0x59, length >> 8, length & 0xff];
  return [0x5a, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff];
}

async function isSigned(key: Key, bytes: Bytes, signature: Bytes): Promise<boolean> {
  const imported = await crypto.subtle.importKey("raw", key.public, "Ed25519", false, ["verify"]);
  return signature.length === 64 && crypto.subtle.verify("Ed25519", imported, signature, bytes);
}

function claimsOf(payload: Bytes): Claims {
  const fields = new Fields(read(payload));
  const issuer = text(fields.take(1n));
  const validUntil = day(fields.take(4n)) - 1;
  const from = fields.maybe(5n);
  const first = from === undefined ? undefined : day(from);
  const issuedOn = day(fields.take(6n));
  const validFrom = first ?? issuedOn;
  if (first === issuedOn) refuse("cbor_not_canonical");
  if (validFrom > validUntil || issuedOn > validFrom) refuse("validity_bad");
  const [own, ...more] = fields.left;
  if (!own || typeof own[0] !== "bigint" || more.length) return refuse("claims_bad");
  return { issuer, issuedOn, validFrom, validUntil, own };
}

/// A day from the seconds of its beginning, within the years that are written with four digits.
function day(item: Item): number {
  const seconds = integer(item);
  const isDay = seconds >= 0n && seconds < 250_000_000_000n && seconds % DAY_SECONDS === 0n;
  return isDay ? Number(seconds / DAY_SECONDS) : refuse("claims_bad");
}
