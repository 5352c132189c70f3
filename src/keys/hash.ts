import { createHash } from "node:crypto";

/** The full SHA-256 of some bytes (a string is taken as UTF-8): 64 lowercase hex characters. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** One part of a key: the first 16 hex characters, 64 bits, of a full SHA-256 in hex. */
export function part(sha256Hex: string): string {
  return sha256Hex.slice(0, 16);
}

/** `hash16` of the key contract: one part of a key, from the bytes it stands for. */
export function hash16(bytes: Uint8Array | string): string {
  return part(sha256(bytes));
}
