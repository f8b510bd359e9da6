// The list of permits that were revoked or used.

import { array, bytes, integer } from "./fields.ts";
import { type Keys, LIST, open } from "./envelope.ts";
import { type Bytes, compared, sha256 } from "./letters.ts";
import { refuse } from "./refused.ts";

/// The longest list.
const LIST_BYTES_MAX = 16 * 1024 * 1024;
/// The bytes of an id: the first of the SHA-256 hash of the permit's number.
const ID_BYTES = 12;

/// A list whose signature held.
export interface List {
  issuer: string;
  sequence: number;
  issuedOn: number;
  validUntil: number;
  revoked: Bytes;
  used: Bytes;
}

/// Reads a list. `last` is the greatest sequence of this authority that was seen before, or 0.
export async function readList(sealed: Bytes, keys: Keys, last: number): Promise<List> {
  if (sealed.length > LIST_BYTES_MAX) refuse("too_long");
  const claims = await open(sealed, keys);
  if (claims.own[0] !== LIST) refuse("claims_bad");
  const [first = null, second = null, third = null] = array(claims.own[1], 3, 3);
  const [sequence, revoked, used] = [Number(integer(first)), bytes(second), bytes(third)];
  if (!isSorted(revoked) || !isSorted(used)) refuse("list_unsorted");
  if (sequence < last) refuse("list_rolled_back");
  const { issuer, issuedOn, validUntil } = claims;
  return { issuer, sequence, issuedOn, validUntil, revoked, used };
}

/// Refuses a copy of a permit of which the list says that it was revoked or used: the original by its number, a duplicate
/// by the number, a newline and which it is.
export async function checkListed(list: List, number: string, duplicate: number): Promise<void> {
  const copy = duplicate > 0 ? `${number}\n${duplicate}` : number;
  const id = (await sha256(new TextEncoder().encode(copy))).subarray(0, ID_BYTES);
  if (has(list.revoked, id)) refuse("revoked");
  if (has(list.used, id)) refuse("used");
}

function at(ids: Bytes, place: number): Bytes {
  return ids.subarray(place * ID_BYTES, (place + 1) * ID_BYTES);
}

function isSorted(ids: Bytes): boolean {
  const count = Math.floor(ids.length / ID_BYTES);
  for (let place = 1; place < count; place += 1) {
    if (compared(at(ids, place - 1), at(ids, place)) >= 0) return false;
  }
  return ids.length % ID_BYTES === 0;
}

function has(ids: Bytes, id: Bytes): boolean {
  let [low, high] = [0, ids.length / ID_BYTES];
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compared(at(ids, middle), id);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}
