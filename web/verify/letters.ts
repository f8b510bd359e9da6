// Bytes in letters.

/// Bytes that may be given to the browser's cryptography.
export type Bytes = Uint8Array<ArrayBuffer>;

const BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Reads base45 (RFC 9285); nothing if it is none.
export function fromBase45(text: string): Bytes | undefined {
  const values = [...text].map((letter) => BASE45.indexOf(letter));
  if (values.includes(-1) || values.length % 3 === 1) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < values.length; at += 3) {
    const [first = 0, second = 0, third] = values.slice(at, at + 3);
    const number = first + second * 45 + (third ?? 0) * 45 * 45;
    if (third === undefined ? number > 0xff : number > 0xffff) return undefined;
    if (third !== undefined) bytes.push(number >> 8);
    bytes.push(number & 0xff);
  }
  return Uint8Array.from(bytes);
}

/// Reads standard base64.
export function fromBase64(text: string): Bytes {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/// Lower hexadecimal digits.
export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/// Which of two comes first, byte by byte: less than 0, 0, or more.
export function compared(one: Uint8Array, other: Uint8Array): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at += 1) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference) return difference;
  }
  return one.length - other.length;
}
