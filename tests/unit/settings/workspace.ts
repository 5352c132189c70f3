import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readInputs } from "../../../src/settings/inputs.ts";
import { type Job, loadJob } from "../../../src/settings/load.ts";
import { BadInput, type Problem } from "../../../src/settings/problem.ts";

/**
 * Where the folders of this process are. The unit tests share one that ends without a word, so each clears up after those
 * that are gone.
 */
let own: string | undefined;

function ownFolder(): string {
  if (own === undefined) {
    const prefix = "agent-runner-unit-";
    for (const name of readdirSync(tmpdir())) {
      const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
      if (pid !== undefined && !existsSync(`/proc/${pid}`)) {
        rmSync(join(tmpdir(), name), { recursive: true, force: true });
      }
    }
    own = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  }
  return own;
}

/** A new folder with these files in it. */
export function workspace(files: Record<string, string | Buffer> = {}): string {
  const folder = mkdtempSync(join(ownFolder(), "w-"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

export interface Given {
  readonly inputs: Record<string, string>;
  readonly files?: Record<string, string | Buffer>;
  readonly step?: NodeJS.ProcessEnv;
}

/** A job from inputs as the runner passes them. */
export function load({ inputs, files = {}, step = {} }: Given): Promise<Job> {
  const entries = Object.entries(inputs).map(([name, value]) => [
    `INPUT_${name.toUpperCase()}`,
    value,
  ]);
  return loadJob(readInputs(Object.fromEntries(entries)), workspace(files), step);
}

/** What is wrong with it; empty when nothing is. */
export async function problemsOf(given: Given): Promise<readonly Problem[]> {
  try {
    await load(given);
    return [];
  } catch (error) {
    if (error instanceof BadInput) return error.problems;
    throw error;
  }
}

export async function messagesOf(given: Given): Promise<string[]> {
  return (await problemsOf(given)).map(({ message }) => message);
}
