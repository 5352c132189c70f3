/** The files through which a step talks to the runner: one set for each step, read when it has ended. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const NAMES = {
  output: "GITHUB_OUTPUT",
  state: "GITHUB_STATE",
  env: "GITHUB_ENV",
  path: "GITHUB_PATH",
  summary: "GITHUB_STEP_SUMMARY",
} as const;

export interface FileCommands {
  outputs: Record<string, string>;
  state: Record<string, string>;
  env: Record<string, string>;
  paths: string[];
  /** Markdown. */
  summary: string;
}

/** Creates the empty files of one step and returns the variables that name them. */
export async function createFiles(temp: string, step: string): Promise<Record<string, string>> {
  const dir = join(temp, "_runner_file_commands");
  await mkdir(dir, { recursive: true });
  const env: Record<string, string> = {};
  for (const [kind, variable] of Object.entries(NAMES)) {
    const file = join(dir, `${kind}_${step}`);
    await writeFile(file, "");
    env[variable] = file;
  }
  return env;
}

/** Reads what a step has left in its files. Throws, as the runner fails the step, when one is malformed. */
export async function readFiles(env: Record<string, string>): Promise<FileCommands> {
  const text = (kind: keyof typeof NAMES) => readFile(env[NAMES[kind]] ?? "", "utf8");
  return {
    outputs: parseKeyValues(await text("output"), NAMES.output),
    state: parseKeyValues(await text("state"), NAMES.state),
    env: parseKeyValues(await text("env"), NAMES.env),
    paths: (await text("path")).split(/\r?\n/).filter((line) => line !== ""),
    summary: await text("summary"),
  };
}

/** Parses `name=value` lines and `name<<delimiter`, value, `delimiter`. */
export function parseKeyValues(text: string, file = "file"): Record<string, string> {
  const result: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (line === "") continue;
    const equals = line.indexOf("=");
    const heredoc = line.indexOf("<<");
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      if (equals === 0) throw new Error(`${file}: invalid format '${line}': no name`);
      result[line.slice(0, equals)] = line.slice(equals + 1);
      continue;
    }
    const name = line.slice(0, Math.max(0, heredoc));
    const delimiter = line.slice(heredoc + 2);
    if (heredoc < 0 || name === "" || delimiter === "") {
      throw new Error(`${file}: invalid format '${line}'`);
    }
    const end = lines.indexOf(delimiter, index + 1);
    if (end < 0) throw new Error(`${file}: matching delimiter not found '${delimiter}'`);
    result[name] = lines.slice(index + 1, end).join("\n");
    index = end;
  }
  return result;
}
