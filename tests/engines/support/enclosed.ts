/** The entry of the action in a network namespace: runs the built one there. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { which } from "../../../scripts/shell.ts";

const { ENCLOSED_IN: namespace, ...env } = process.env;
const entry = resolve(import.meta.dirname, "../../../dist/index.js");
const { status } = spawnSync(
  which("nsenter") ?? "nsenter",
  [`--net=/run/netns/${namespace}`, process.execPath, entry],
  { env, stdio: "inherit" },
);
process.exitCode = status ?? 1;
