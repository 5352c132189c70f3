/** What is dear to make and several test files start from: made by the first that needs it, once a run of the tests. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inject } from "vitest";
import { withLock } from "../../harness/lock.ts";
import { runAction } from "../../harness/runner.ts";
import { keepLayers, type LayerEntry, type Ran, ran, salt, withBase } from "./act.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A folder of this run of the tests, see ../setup.ts. */
    shared: string;
  }
}

export interface Prebuilt {
  /** With these a further run starts from what was built. */
  inputs: Record<string, string>;
  /** As the prebuild told of them. */
  layers: readonly LayerEntry[];
}

/**
 * Layers that the action itself builds, `mode: prebuild`. They go at the end of the run, see {@link sharedKeys}.
 *
 * @param name one for the same inputs, in whatever file
 */
export async function prebuilt(name: string, inputs: Record<string, string>): Promise<Prebuilt> {
  const file = join(inject("shared"), `${name}.json`);
  const made = await withLock(`${file}.lock`, async (): Promise<Prebuilt> => {
    const known = await readFile(file, "utf8").catch(() => undefined);
    if (known !== undefined) return JSON.parse(known);
    const all = withBase({ ...inputs, "cache-version": salt() });
    const result: Ran = await ran(await runAction({ inputs: { ...all, mode: "prebuild" } }));
    if (result.exitCode !== 0) throw new Error(`${name} cannot be prebuilt:\n${result.stdout}`);
    const done = { inputs: all, layers: result.layers };
    await writeFile(file, JSON.stringify(done));
    return done;
  });
  keepLayers(made.layers.map(({ key }) => key));
  return made;
}
