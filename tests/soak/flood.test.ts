import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inputVariables, jobFolder, jobVariables, readAction } from "../harness/runner-env.ts";
import { createFiles, readFiles } from "../harness/runner-files.ts";
import { withBase } from "../integration/support/act.ts";
import { runnersWorkspace } from "../integration/support/task-users.ts";

const root = join(import.meta.dirname, "..", "..");
const megabytes = 200;
const mebibytes = (count: number) => count * 1024 * 1024;

/** The most memory that a process has had so far, in bytes; 0 when it has ended. */
function peakOf(pid: number): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Runs main with a reader of its output that counts and forgets; the harness would keep all of it. */
async function runMain(inputs: Record<string, string>, workspace: string) {
  const action = await readAction(root);
  const folder = await mkdtemp(join(await jobFolder(), "flood-"));
  const job = await jobVariables(folder, workspace, { name: "push", payload: {} });
  const files = await createFiles(job.RUNNER_TEMP as string, "main");
  const env = { ...job, ...inputVariables(action.inputs, inputs), ...files };
  const main = spawn(process.execPath, [join(root, action.main)], {
    cwd: workspace,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let peak = 0;
  const sampling = setInterval(() => {
    peak = Math.max(peak, peakOf(main.pid ?? 0));
  }, 50);
  const ended = new Promise<number | null>((resolve) => main.once("close", resolve));
  let printed = 0;
  let seen = 0;
  for await (const chunk of main.stdout) {
    printed += (chunk as Buffer).length;
    // a reader that is slower than the task, as the runner's log is
    if (printed - seen > 20 * 1024 * 1024) {
      seen = printed;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const exitCode = await ended;
  clearInterval(sampling);
  return { exitCode, printed, peak, outputs: (await readFiles(files)).outputs };
}

test(`an agent that prints ${megabytes} MB of progress bars loses nothing in the log, in less than 300 MB of memory`, async () => {
  const workspace = await runnersWorkspace();
  const line = String.raw`\e[2K\e[1G\e[31mworking\e[0m [#####     ] \e]0;title\a 42%%\r`;
  const command = [
    `yes "$(printf '${line}::error::no line end')" | head -c ${megabytes * 1024 * 1024} >/tmp/flood`,
    `head -c ${mebibytes(50)} /tmp/flood | sha256sum >head`,
    `tail -c ${mebibytes(1)} /tmp/flood | sha256sum >tail`,
    "cat /tmp/flood",
  ].join("\n");
  const result = await runMain(withBase({ command: `set +o pipefail\n${command}` }), workspace);
  expect(result.exitCode).toBe(0);
  expect(result.printed).toBeGreaterThan(megabytes * 1024 * 1024);
  // the transcript is bounded: it has the beginning and the end, and a line about the rest
  const transcript = await readFile(result.outputs["transcript-path"] ?? "");
  expect(transcript.length).toBeGreaterThan(mebibytes(64));
  expect(transcript.length).toBeLessThan(mebibytes(69));
  expect(transcript.includes("are left out here")).toBe(true);
  for (const [name, part] of [
    ["head", transcript.subarray(0, mebibytes(50))],
    ["tail", transcript.subarray(-mebibytes(1))],
  ] as const) {
    const [sum] = (await readFile(join(workspace, name), "utf8")).split(" ");
    expect(createHash("sha256").update(part).digest("hex")).toBe(sum);
  }
  console.log(`peak: ${Math.round(result.peak / 1024 / 1024)} MB`);
  expect(result.peak).toBeGreaterThan(0);
  expect(result.peak).toBeLessThan(300 * 1024 * 1024);
});
