// CBOR, in the deterministic form of RFC 8949 §4.2.1 and within limits; everything else is refused. Libraries read more
// than that, and do not tell it apart.

import { type Bytes, compared } from "./letters.ts";
import { refuse } from "./refused.ts";

/// The deepest nesting, and the most items of any kind.
const DEPTH_MAX = 8;
const ITEMS_MAX = 512;
const I64_MAX = (1n << 63n) - 1n;

/// A map, in the order in which it is written.
export class Pairs {
  constructor(readonly all: [Item, Item][]) {}
}

/// What has the tag of a `COSE_Sign1`.
export class Sign1 {
  constructor(readonly inner: Item) {}
}

export type Item = bigint | Bytes | string | Item[] | Pairs | Sign1 | boolean | null;

/// Reads one item that fills the bytes.
export function read(bytes: Bytes): Item {
  const reader = new Reader(bytes);
  const item = reader.item(0);
  return reader.at === bytes.length ? item : refuse("bytes_left");
}

class Reader {
  at = 0;
  #items = 0;

  constructor(readonly bytes: Bytes) {}

  item(depth: number): Item {
    if (depth > DEPTH_MAX) refuse("cbor_too_deep");
    this.#items += 1;
    if (this.#items > ITEMS_MAX) refuse("cbor_too_many");
    const first = this.#take(1n)[0] ?? 0;
    // Longer simple values and floating-point numbers.
    if (first >= 0xf8 && first <= 0xfb) refuse("cbor_bad");
    const short = first & 31;
    const value = this.#value(short);
    switch (first >> 5) {
      case 0:
        return value > I64_MAX ? refuse("integer_too_large") : value;
      case 1:
        return value > I64_MAX ? refuse("integer_too_large") : -1n - value;
      case 2:
        return this.#take(value);
      case 3:
        return this.#text(value);
      case 4:
        return this.#array(value, depth + 1);
      case 5:
        return this.#map(value, depth + 1);
      case 6:
        return depth === 0 && value === 18n ? new Sign1(this.item(1)) : refuse("cbor_bad");
      default:
        if (short === 22) return null;
        return short === 20 || short === 21 ? short === 21 : refuse("cbor_bad");
    }
  }

  #text(length: bigint): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.#take(length));
    } catch {
      return refuse("cbor_bad");
    }
  }

  #array(length: bigint, depth: number): Item[] {
    const items: Item[] = [];
    for (let count = 0n; count < length; count += 1n) items.push(this.item(depth));
    return items;
  }

  #map(length: bigint, depth: number): Pairs {
    const all: [Item, Item][] = [];
    let last: Uint8Array = new Uint8Array();
    for (let count = 0n; count < length; count += 1n) {
      const start = this.at;
      const key = this.item(depth);
      const raw = this.bytes.subarray(start, this.at);
      const order = compared(raw, last);
      if (order === 0) refuse("cbor_key_twice");
      if (order < 0) refuse("cbor_not_canonical");
      last = raw;
      all.push([key, this.item(depth)]);
    }
    return new Pairs(all);
  }

  /// The value after the first byte, in its shortest form.
  #value(short: number): bigint {
    if (short < 24) return BigInt(short);
    if (short === 31) refuse("cbor_indefinite");
    if (short > 27) refuse("cbor_bad");
    const length = 1n << BigInt(short - 24);
    let number = 0n;
    for (const byte of this.#take(length)) number = (number << 8n) | BigInt(byte);
    const least = length === 1n ? 24n : 1n << (length * 4n);
    return number < least ? refuse("cbor_not_canonical") : number;
  }

  #take(count: bigint): Bytes {
    if (count > BigInt(this.bytes.length - this.at)) refuse("cbor_bad");
    const taken = this.bytes.slice(this.at, this.at + Number(count));
    this.at += Number(count);
    return taken;
  }
}
