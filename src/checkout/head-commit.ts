import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The commit that is checked out; undefined before the first one, and where references are kept in another way. */
export async function commitOf({
  folder,
  common,
}: {
  readonly folder: string;
  readonly common: string;
}): Promise<string | undefined> {
  const id = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
  let value = (await textOf(join(folder, "HEAD"))).trim();
  for (let hops = 0; hops < 5 && !id.test(value); hops += 1) {
    const [, name] = /^ref: (refs\/.+)$/.exec(value) ?? [];
    if (name === undefined || name.split("/").includes("..")) {
      return undefined;
    }
    const loose = (await textOf(join(folder, name))) || (await textOf(join(common, name)));
    value = loose.trim() || (packedRefs(await textOf(join(common, "packed-refs"))).get(name) ?? "");
  }
  return id.test(value) ? value : undefined;
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

/** What a file of packed references says, by their names. Pure. */
export function packedRefs(text: string): ReadonlyMap<string, string> {
  const lines = text.matchAll(/^([0-9a-f]{40,64}) (refs\/.+)$/gm);
  return new Map([...lines].map(([, id = "", name = ""]) => [name, id]));
}
