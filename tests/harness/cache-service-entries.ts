/** What GitHub's cache service knows of entries: scopes, keys, versions, and who may do what. */

export interface Entry {
  id: number;
  key: string;
  version: string;
  /** A git ref. */
  scope: string;
  /** The blob's name. */
  blob: string;
  /** Bytes of the archive; 0 until it is there. */
  size: number;
  finalized: boolean;
}

/** What a job's token is good for. */
export interface Grant {
  /** Where new entries go; undefined for a read-only token. */
  write: string | undefined;
  /** Searched in this order; empty for a token that may not read. */
  read: string[];
}

/** A branch reads its own entries and the default branch's; a fork's pull request its own merge ref's and those. */
export function grantFor(
  ref: string,
  options: { readOnly?: boolean; blind?: boolean } = {},
): Grant {
  const main = "refs/heads/main";
  return {
    write: options.readOnly ? undefined : ref,
    read: options.blind ? [] : [...new Set([ref, main])],
  };
}

/**
 * The entry that a question leads to: scope by scope the exact key, then the newest whose key begins with it, then
 * the same for the further keys.
 */
export function find(
  entries: readonly Entry[],
  scopes: readonly string[],
  keys: readonly string[],
  version: string,
): Entry | undefined {
  for (const scope of scopes) {
    const here = entries.filter(
      (entry) => entry.scope === scope && entry.version === version && entry.finalized,
    );
    for (const key of keys) {
      const exact = here.find((entry) => entry.key === key);
      const found = exact ?? here.findLast((entry) => entry.key.startsWith(key));
      if (found) return found;
    }
  }
  return undefined;
}
