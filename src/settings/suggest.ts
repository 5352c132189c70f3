import { closest, distance } from "fastest-levenshtein";
import { settingNames } from "./schema.ts";

/** "unknown flag --mdoe; did you mean --mode?" for a name that is no setting. */
export function unknownName(what: string, name: string, prefix = ""): string {
  const bare = name.replace(/^-+/, "");
  const near = closest(bare, settingNames);
  const hint =
    distance(bare, near) <= Math.max(2, bare.length / 3)
      ? `; did you mean ${prefix}${near}?`
      : "; the README lists all settings";
  return `unknown ${what} ${name}${hint}`;
}
