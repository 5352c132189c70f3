import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";

// ncc cannot compile TypeScript 7 (it has no JavaScript compiler API), so tsc goes first. ncc does
// not clean its output folder, and chunks are numbered: old ones would stay.
const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { stdio: "inherit" });

rmSync("lib", { recursive: true, force: true });
rmSync("dist", { recursive: true, force: true });
run("tsc", "-p", "tsconfig.build.json");
run("ncc", "build", "lib/main.js", "-o", "dist", "--license", "licenses.txt", "--quiet");
