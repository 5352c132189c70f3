/**
 * Starting programs from the development scripts and the test harness. The action itself has its own, narrower,
 * `src/engine/cli.ts`; nothing in here ships.
 */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export interface RunOptions {
  /** Added to this process's environment. */
  env?: Record<string, string>;
  cwd?: string;
  /** Text for standard input; without it the program reads `/dev/null`. */
  input?: string;
  /** Show the output on this process's streams instead of collecting it. */
  inherit?: boolean;
  /** Give up after so many milliseconds; the program gets SIGKILL and `code` is 137. */
  timeoutMs?: number;
}

export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program and reports how it went. A program that cannot be started counts as exit code 127. */
export function attempt(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  return new Promise((resolve) => {
    const output = options.inherit ? "inherit" : "pipe";
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: [options.input === undefined ? "ignore" : "pipe", output, output],
    });
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    // A program may end without reading its input; its exit code says more than our EPIPE.
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input);
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => child.kill("SIGKILL"), options.timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ code: 127, stdout, stderr: stderr + error.message });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 137, stdout, stderr });
    });
  });
}

/** Runs a program and returns its standard output; throws with both streams when it does not exit with 0. */
export async function run(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await attempt(file, args, options);
  if (code !== 0) {
    throw new Error(
      `${file} ${args.join(" ")}: exit code ${code}\n${tail(`${stdout}\n${stderr}`, 40)}`,
    );
  }
  return stdout;
}

/** Finds a program on PATH, or in the places where Debian keeps an administrator's programs. */
export function which(program: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  for (const folder of [...folders, "/usr/local/sbin", "/usr/sbin", "/sbin"]) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here; look on.
    }
  }
  return undefined;
}

/** The last lines of a text. */
export function tail(text: string, lines: number): string {
  return text.trim().split("\n").slice(-lines).join("\n");
}

/** True while a process with this number exists. A zombie whose parent has not collected it counts as gone. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const { readFile } = await import("node:fs/promises");
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return !/\) Z /.test(stat);
}

/** Ends one process by its number: SIGTERM, then SIGKILL when it is still there after the grace time. */
export async function endProcess(pid: number, graceMs = 30_000): Promise<void> {
  const deadline = Date.now() + graceMs;
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    return;
  }
  while (await isAlive(pid)) {
    if (Date.now() > deadline) {
      process.kill(pid, "SIGKILL");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
