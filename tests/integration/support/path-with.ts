import { chmod, mkdtemp, readdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { jobFolder } from "../../harness/runner-env.ts";

/** A PATH on which this bash script stands first under that name. */
export async function pathWith(name: string, ...lines: string[]): Promise<{ PATH: string }> {
  const bin = await mkdtemp(join(await jobFolder(), "bin-"));
  await writeFile(join(bin, name), ["#!/bin/bash", ...lines, ""].join("\n"));
  await chmod(join(bin, name), 0o755);
  return { PATH: `${bin}${delimiter}${process.env.PATH}` };
}

/** A PATH with all that this machine's has, but what is called so. */
export async function pathWithout(names: RegExp): Promise<{ PATH: string }> {
  const bin = await mkdtemp(join(await jobFolder(), "bin-"));
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of await readdir(folder).catch(() => [])) {
      // the first of a name is the one that counts
      if (!names.test(name)) await symlink(join(folder, name), join(bin, name)).catch(() => {});
    }
  }
  return { PATH: bin };
}
