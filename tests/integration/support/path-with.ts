import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { jobFolder } from "../../harness/runner-env.ts";

/** A PATH on which this bash script stands first under that name. */
export async function pathWith(name: string, ...lines: string[]): Promise<{ PATH: string }> {
  const bin = await mkdtemp(join(await jobFolder(), "bin-"));
  await writeFile(join(bin, name), ["#!/bin/bash", ...lines, ""].join("\n"));
  await chmod(join(bin, name), 0o755);
  return { PATH: `${bin}${delimiter}${process.env.PATH}` };
}
