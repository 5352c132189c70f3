import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, renameSync, rmSync, writeFileSync } from "node:fs";

// ncc cannot compile TypeScript 7 (it has no JavaScript compiler API), so tsc goes first; types are
// checked by `npm run typecheck`. ncc does not clean its output folder, and its chunks are numbered:
// old ones would stay. A build that fails leaves the last good dist/ where it was.
const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { stdio: "inherit" });

const lib = ".build/lib";
const dist = ".build/dist";
rmSync(".build", { recursive: true, force: true });
run("tsc", "-p", "tsconfig.build.json", "--noCheck", "--outDir", lib);
const bundle = (entry: string, folder: string) =>
  run("ncc", "build", `${lib}/${entry}`, "-o", folder, "--license", "licenses.txt", "--quiet");
bundle("main.js", dist);
// ncc writes the licenses of one chunk only: a bundle without chunks has those of all
writeFileSync(`${lib}/all.js`, 'import "./main.js";\nimport "@actions/github";\n');
bundle("all.js", ".build/all");
copyFileSync(".build/all/licenses.txt", `${dist}/licenses.txt`);
if (existsSync(`${lib}/cache-worker.js`)) {
  bundle("cache-worker.js", `${dist}/cache-worker`);
}
rmSync("dist", { recursive: true, force: true });
renameSync(dist, "dist");
rmSync(".build", { recursive: true, force: true });
