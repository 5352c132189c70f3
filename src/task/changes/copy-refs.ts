import { type Dirent, readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packedRefs } from "../../checkout/head-commit.ts";
import { readSafely } from "./content.ts";

/** Those that every working tree shares; others have to be files of their own. */
const shared = ["refs/heads", "refs/remotes", "refs/tags", "refs/pull"];

/**
 * Copies a repository's references into one file, as `git pack-refs` does: a checkout of all branches may have
 * thousands.
 *
 * @returns the folders and the file that have been made, and the references that are no plain ones, for the caller to copy
 */
export async function copyRefs(
  from: string,
  to: string,
): Promise<{ readonly made: readonly string[]; readonly others: readonly string[] }> {
  const refs = new Map(
    packedRefs(await readFile(join(from, "packed-refs"), "utf8").catch(() => "")),
  );
  const others: string[] = [];
  const folders = ["refs"];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of entriesOf(join(from, folder))) {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        folders.push(name);
        continue;
      }
      const id = readSafely(join(from, name), 1_000)?.trimEnd() ?? "";
      const isPlain = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(id);
      if (isPlain && shared.some((start) => name.startsWith(`${start}/`))) {
        refs.set(name, id);
      } else {
        others.push(name);
      }
    }
  }
  const made = ["refs", "refs/heads", "refs/tags"];
  for (const folder of made) {
    await mkdir(join(to, folder), { recursive: true });
  }
  const lines = [...refs].map(([name, id]) => `${id} ${name}\n`);
  await writeFile(join(to, "packed-refs"), lines.join(""));
  return { made: [...made, "packed-refs"], others };
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
