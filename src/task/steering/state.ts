import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../../log/json.ts";

// What is to be put back is written down before anything is moved: this process may be killed at any moment.

const path = z.string().min(1);

/** What has been done to a workspace, or is just about to be. Paths have one character a byte. */
const stateSchema = z.object({
  workspace: z.string(),
  /** What has been moved away: the first into `0`, and so on. */
  moved: z.array(path),
  /** Folders made for what was written. */
  made: z.array(path),
  /** What stands in the workspace instead. */
  written: z.array(path),
  /** What the task has been given at each of all these, by fingerprint; absent as long as that is not done. */
  given: z.array(z.tuple([path, z.string()])).optional(),
});
export type SteeringState = z.output<typeof stateSchema>;

/** Everything of it that lies in the run's folder. */
export function folderIn(scratch: string): string {
  return join(scratch, "steering");
}

/** Where a part is as long as the task runs. */
export function asideIn(scratch: string, index: number): string {
  return join(folderIn(scratch), "aside", String(index));
}

export async function writeState(scratch: string, state: SteeringState): Promise<void> {
  const folder = folderIn(scratch);
  await mkdir(join(folder, "aside"), { recursive: true, mode: 0o700 });
  const partial = join(folder, "state.partial");
  await writeFile(partial, JSON.stringify(state));
  await rename(partial, join(folder, "state.json"));
}

/** Undefined where there is nothing to put back. @throws z.ZodError when it is not what was written */
export async function readState(scratch: string): Promise<SteeringState | undefined> {
  const text = await readFile(join(folderIn(scratch), "state.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : stateSchema.parse(parseJson(text));
}
