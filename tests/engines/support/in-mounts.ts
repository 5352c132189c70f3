/**
 * The entry of the action for a runner that has another `/etc`: runs the built one with the mounts of the process that
 * `MOUNTS_OF` names, an engine started so.
 */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

const dist = resolve(import.meta.dirname, "../../../dist/index.js");
const mounts = `--mount=/proc/${process.env.MOUNTS_OF}/ns/mnt`;
const workspace = `--wd=${process.cwd()}`;
const { status } = spawnSync("nsenter", [mounts, workspace, process.execPath, dist], {
  stdio: ["ignore", "inherit", "inherit"],
});
process.exitCode = status ?? 1;
