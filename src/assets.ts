import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The action's own folder: this file lies one level below it, in `src/`, `lib/` and `dist/` alike. */
const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Reads a shell script that ships with the action, such as `desktop/install.sh`. */
export function readAsset(path: string): Promise<string> {
  return readFile(join(root, path), "utf8");
}
