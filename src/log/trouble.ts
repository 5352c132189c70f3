/**
 * Trouble that can be expected (no engine, an image that is not to be had): its message says to the
 * user what happened and what to do, and needs no stack. Everything else that is thrown is a bug.
 */
export class Trouble extends Error {}

/** What an error says, whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
