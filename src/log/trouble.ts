/**
 * Trouble that can be expected (no engine, an image that is not to be had): its message says to the
 * user what happened and what to do, and needs no stack. Everything else that is thrown is a bug.
 */
export class Trouble extends Error {}

/** What an error says, whatever was thrown. */
export function reasonOf(error: unknown): string {
  return fullDisk(error) ?? (error instanceof Error ? error.message : String(error));
}

/** What a full disk means, as an operation on a file tells it; undefined for anything else. */
export function fullDisk(error: unknown): string | undefined {
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  const where = path === undefined ? "the runner's disk" : `the disk of ${path}`;
  if (code === "ENOSPC") {
    return `${where} is full (ENOSPC); free some of it in an earlier step`;
  }
  return code === "EDQUOT" ? `the quota of ${where} is used up (EDQUOT)` : undefined;
}
