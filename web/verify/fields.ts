// Values of CBOR that must be of a form.

import { type Item, Pairs } from "./cbor.ts";
import type { Bytes } from "./letters.ts";
import { refuse } from "./refused.ts";

/// The fields of a map with integers as keys.
export class Fields {
  readonly #left: Map<Item, Item>;

  constructor(item: Item) {
    this.#left = new Map(item instanceof Pairs ? item.all : refuse("claims_bad"));
  }

  get size(): number {
    return this.#left.size;
  }

  /// What is left over.
  get left(): [Item, Item][] {
    return [...this.#left];
  }

  maybe(key: bigint): Item | undefined {
    const item = this.#left.get(key);
    this.#left.delete(key);
    return item;
  }

  take(key: bigint): Item {
    const item = this.maybe(key);
    return item === undefined ? refuse("claims_bad") : item;
  }
}

export function integer(item: Item): bigint {
  return typeof item === "bigint" ? item : refuse("claims_bad");
}

/// A number from 0 that is less than a bound.
export function choice(item: Item, bound: number): number {
  const number = integer(item);
  return number >= 0n && number < BigInt(bound) ? Number(number) : refuse("claims_bad");
}

export function text(item: Item): string {
  if (typeof item !== "string") return refuse("claims_bad");
  const blank = /^\p{White_Space}*$/u.test(item);
  const long = new TextEncoder().encode(item).length > 1000;
  return blank || long || /\p{Cc}/u.test(item) ? refuse("claims_bad") : item;
}

export function id(item: Item): string {
  const id = text(item);
  return /^[!-~]{1,64}$/.test(id) && !/["'\\:]/.test(id) ? id : refuse("claims_bad");
}

export function bytes(item: Item): Bytes {
  return item instanceof Uint8Array ? item : refuse("claims_bad");
}

export function hash(item: Item): Bytes {
  const hash = bytes(item);
  return hash.length === 32 ? hash : refuse("claims_bad");
}

export function array(item: Item, least: number, most: number): Item[] {
  const fits = Array.isArray(item) && item.length >= least && item.length <= most;
  return fits ? item : refuse("claims_bad");
}

export function flag(item: Item | undefined): boolean {
  return item === undefined || item === true ? item === true : refuse("claims_bad");
}
