import type { Redactor } from "../log/redactor.ts";

/**
 * Gives files names without secrets: whoever sees a run sees the names in its artifacts. Two that would have the same
 * are told apart by a number. A `*` in a name is refused where artifacts are uploaded.
 */
export function namesWithoutSecrets({ redact }: Redactor): (path: string) => string {
  const given = new Map<string, string>();
  return (path) => {
    const shown = redact(path);
    const name = shown === path ? path : shown.replaceAll("***", "redacted");
    for (let number = 1; ; number++) {
      const own = number === 1 ? name : `${name}-${number}`;
      const owner = given.get(own) ?? path;
      given.set(own, owner);
      if (owner === path) {
        return own;
      }
    }
  };
}
