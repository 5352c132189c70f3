import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StartOptions } from "../../../src/task/start-script.ts";
import { workspace } from "../../unit/settings/workspace.ts";

const shipped = readFileSync(join(import.meta.dirname, "../../../container/start.sh"), "utf8");

export interface StartGiven {
  /** Preflights in their order; with none the command is all there is. */
  readonly scripts?: readonly string[];
  readonly command: string;
  readonly prompt?: string | Buffer;
  /** The values of `env`, in the file that the action writes. */
  readonly environment?: Record<string, string>;
  /** What the image's own environment is. */
  readonly image?: Record<string, string>;
  /** Variables that tell of further authorities. */
  readonly certificates?: readonly string[];
  readonly desktop?: StartOptions["desktop"];
  readonly desktopScript?: string;
}

/** Runs container/start.sh with this machine's own bash, its fixed folder being a new one. */
export async function start(given: StartGiven) {
  const folder = workspace();
  for (const name of ["state", "cwd", "desktop"]) mkdirSync(join(folder, name));
  // everything fixed in it is below these
  const text = shipped
    .replaceAll("/run/agent-runner", folder)
    .replaceAll("/tmp/agents-", `${folder}/agents-`)
    .replaceAll("/dev/shm/", `${folder}/memory-`);
  const put = (name: string, content: string | Buffer) =>
    writeFileSync(join(folder, name), content);
  const stages = (given.scripts ?? []).map((_, index) => `stage-${index + 1}`);
  put("start.sh", text);
  const options = {
    ar_stages: `(${stages.join(" ")})`,
    ar_stdin: given.prompt === undefined ? "/dev/null" : `${folder}/prompt`,
    ar_desktop: given.desktop ?? "none",
    ar_run: "command",
    ar_certificates: `(${(given.certificates ?? []).join(" ")})`,
  };
  put(
    "options.sh",
    Object.entries(options)
      .map(
        ([name, value]) => `${name}=${value}
`,
      )
      .join(""),
  );
  for (const [index, script] of (given.scripts ?? []).entries())
    put(`stage-${index + 1}.sh`, script);
  const values = { AGENTS_RUNNER_TASK_ID: "t", ...given.environment };
  put(
    "environment",
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}\0`)
      .join(""),
  );
  put("command.sh", given.command);
  if (given.prompt !== undefined) put("prompt", given.prompt);
  if (given.desktopScript !== undefined) put("desktop/start.sh", given.desktopScript);

  const child = spawn("bash", ["--noprofile", "--norc", join(folder, "start.sh")], {
    cwd: join(folder, "cwd"),
    env: { PATH: process.env.PATH, HOME: folder, ...given.image },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {});
  child.stdin.end("the container's own input\n");
  const chunks: Buffer[] = [];
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));

  const state = (name: string) => join(folder, "state", name);
  const failed = existsSync(state("failed"))
    ? readFileSync(state("failed"), "utf8").split("\0")
    : undefined;
  return {
    folder,
    code,
    bytes: Buffer.concat(chunks),
    output: Buffer.concat(chunks).toString("utf8"),
    errors,
    pid: child.pid,
    started: existsSync(state("started")),
    desktopFailed: existsSync(state("desktop-failed")),
    note: existsSync(state("pid")) ? readFileSync(state("pid"), "utf8") : undefined,
    /** The stage that ended the task, as noted. */
    failed: failed && {
      stage: failed[0],
      line: failed[1],
      file: failed[2]?.replace(`${folder}/`, ""),
      code: failed[3],
    },
    environmentLeft: existsSync(join(folder, "environment")),
  };
}
