// The text of a code, and several codes of one permit: `CS1:` and base45 of zlib of an envelope.

import { array, bytes, hash, integer } from "./fields.ts";
import { type Claims, type Keys, PART, open, unchecked } from "./envelope.ts";
import { type Bytes, compared, fromBase45, sha256 } from "./letters.ts";
import { Refused, refuse } from "./refused.ts";

export const PREFIX = "CS1:";
/// The longest code, in characters: version 25 of a QR code at level Q.
export const CODE_CHARS_MAX = 1041;
/// So far a code may be decompressed.
const INFLATED_BYTES_MAX = 32 * 1024;
/// The most codes of one permit.
const PARTS_MAX = 16;

interface Part {
  issuer: string;
  number: number;
  count: number;
  whole: Bytes;
  bytes: Bytes;
}

/// The claims of the permit in one code, or in the parts of a set in any order.
export async function whole(codes: string[], keys: Keys): Promise<Claims> {
  if (codes.length > PARTS_MAX) refuse("too_long");
  const opened: Claims[] = [];
  for (const code of codes) opened.push(await open(await unpack(code), keys));
  const [only] = opened;
  if (only && opened.length === 1 && only.own[0] !== PART) return only;
  return open(await inflate(await join(opened.map(part))), keys);
}

/// Which part of how many a code is, as it says itself: for whoever scans one after the other. Nothing for a whole one.
export async function partOf(code: string): Promise<{ number: number; count: number } | undefined> {
  const claims = unchecked(await unpack(code));
  return claims.own[0] === PART ? part(claims) : undefined;
}

function part(claims: Claims): Part {
  if (claims.own[0] !== PART) return refuse("part_of_another");
  const [first = null, second = null, third = null, fourth = null] = array(claims.own[1], 4, 4);
  const [number, count] = [Number(integer(first)), Number(integer(second))];
  const fits = count >= 2 && count <= PARTS_MAX && number >= 1 && number <= count;
  const found = { issuer: claims.issuer, number, count, whole: hash(third), bytes: bytes(fourth) };
  return fits ? found : refuse("claims_bad");
}

async function join(parts: Part[]): Promise<Bytes> {
  const [first] = parts;
  if (!first) return refuse("part_missing");
  const same = (part: Part) =>
    compared(part.whole, first.whole) === 0 && part.count === first.count && part.issuer === first.issuer;
  if (!parts.every(same)) refuse("part_of_another");
  if (new Set(parts.map(({ number }) => number)).size < parts.length) refuse("part_twice");
  if (parts.length !== first.count) refuse("part_missing");
  const sorted = parts.toSorted((one, other) => one.number - other.number);
  const whole = Uint8Array.from(sorted.flatMap((part) => [...part.bytes]));
  return compared(await sha256(whole), first.whole) === 0 ? whole : refuse("parts_differ");
}

async function unpack(code: string): Promise<Bytes> {
  if (new TextEncoder().encode(code).length > CODE_CHARS_MAX) refuse("too_long");
  if (!code.startsWith(PREFIX)) refuse("prefix_missing");
  return inflate(fromBase45(code.slice(PREFIX.length)) ?? refuse("base45_bad"));
}

/// Decompresses zlib (RFC 1950) up to the limit.
async function inflate(packed: Bytes): Promise<Bytes> {
  const stream = new DecompressionStream("deflate");
  const inflated = new Uint8Array(INFLATED_BYTES_MAX + 1);
  const [reader, writer] = [stream.readable.getReader(), stream.writable.getWriter()];
  // What fails here fails at the reader too.
  const ignored = () => {};
  writer.write(packed).catch(ignored);
  writer.close().catch(ignored);
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (length + value.length > INFLATED_BYTES_MAX) refuse("inflates_too_far");
      inflated.set(value, length);
      length += value.length;
    }
  } catch (error) {
    reader.cancel().catch(ignored);
    if (error instanceof Refused) throw error;
    // A browser does not tell what is wrong: if the sum of what came out stands before the end, the stream ended there.
    const sum = adler32(inflated.subarray(0, length));
    return refuse(length > 0 && standsBefore(sum, packed) ? "bytes_left" : "zlib_bad");
  }
  const whole = inflated.slice(0, length);
  // Some take no notice of what follows.
  return compared(packed.slice(-4), adler32(whole)) === 0 ? whole : refuse("bytes_left");
}

/// The sum at the end of a stream (RFC 1950 §8.2).
function adler32(bytes: Bytes): Bytes {
  let [one, two] = [1, 0];
  for (const byte of bytes) {
    one = (one + byte) % 65_521;
    two = (two + one) % 65_521;
  }
  return Uint8Array.of(two >> 8, two & 0xff, one >> 8, one & 0xff);
}

/// Whether a sum stands in the bytes with something after it.
function standsBefore(sum: Bytes, bytes: Bytes): boolean {
  for (let at = bytes.length - 5; at >= 0; at -= 1) {
    if (compared(bytes.subarray(at, at + 4), sum) === 0) return true;
  }
  return false;
}
