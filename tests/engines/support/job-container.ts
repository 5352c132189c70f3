/**
 * The entry of the action for a job in a `container:`: runs the built one in a container that has the engine's socket,
 * the job's folders under another name, and this machine's programs. Like the runner, it calls what the step puts out
 * by this machine's paths.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { BASE_IMAGE } from "../../harness/base-image.ts";

const root = resolve(import.meta.dirname, "../../..");
const { RUNNER_TEMP = "", GITHUB_WORKSPACE = "", GITHUB_OUTPUT = "" } = process.env;
const job = dirname(RUNNER_TEMP);
const at = process.env.JOB_CONTAINER_AT ?? "/__w";

const inside = (text: string) =>
  text.replaceAll(GITHUB_WORKSPACE, `${at}/demo/demo`).replaceAll(job, at);
const env = Object.fromEntries(
  Object.entries(process.env).map(([name, value]) => [name, inside(value ?? "")]),
);
const names = Object.keys(env).filter((name) => name !== "JOB_CONTAINER_AT");
const volume = (source: string, target: string, mode = "rw") => [
  "--volume",
  `${source}:${target}:${mode}`,
];
const { status } = spawnSync(
  "docker",
  [
    ...["run", "--rm", "--workdir", `${at}/demo/demo`],
    ...names.flatMap((name) => ["--env", name]),
    ...volume("/var/run/docker.sock", "/var/run/docker.sock"),
    ...volume(job, at),
    ...volume(GITHUB_WORKSPACE, `${at}/demo/demo`),
    ...volume(root, "/action", "ro"),
    ...volume("/usr", "/usr", "ro"),
    ...volume(process.execPath, "/node", "ro"),
    ...[BASE_IMAGE, "/node", "/action/dist/index.js"],
  ],
  { env: { ...env, PATH: process.env.PATH }, stdio: ["ignore", "inherit", "inherit"] },
);
if (existsSync(GITHUB_OUTPUT)) {
  const text = readFileSync(GITHUB_OUTPUT, "utf8");
  writeFileSync(
    GITHUB_OUTPUT,
    text.replaceAll(`${at}/demo/demo`, GITHUB_WORKSPACE).replaceAll(at, job),
  );
}
process.exitCode = status ?? 1;
