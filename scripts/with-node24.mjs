/**
 * Runs a script of this project with its own Node 24: `node scripts/with-node24.mjs scripts/test.ts arguments…`.
 * Plain JavaScript without dependencies, because it has to run on an older Node before anything is installed.
 * Installs the packages first when they are missing or are not those of package-lock.json.
 */
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, "node_modules", ".bin");
const node = join(bin, "node");

/**
 * Why `npm ci` has to run, or undefined when what is installed is what the lock file says. Contents are compared,
 * not times: a checkout gives every file a new time, and a changed time alone is no reason to install again.
 */
function reasonToInstall() {
  let installed;
  try {
    // npm's own record of what it has installed.
    installed = packagesIn(join(root, "node_modules", ".package-lock.json"));
    accessSync(node, constants.X_OK);
  } catch {
    return "not installed yet";
  }
  const wanted = packagesIn(join(root, "package-lock.json"));
  for (const [path, { version, optional, peer }] of Object.entries(wanted)) {
    // The root itself; and packages for other platforms, which npm leaves out.
    if (path === "" || (!installed[path] && (optional || peer))) continue;
    if (installed[path]?.version !== version) return `${path} is not at ${version}`;
  }
  const extra = Object.keys(installed).find((path) => !wanted[path]);
  return extra && `${extra} is no longer needed`;
}

function packagesIn(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}

function install(reason) {
  console.error(`Running npm ci (${reason})`);
  const { status, signal, error } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: root,
    // npm's chatter belongs beside the script's output, not in it.
    stdio: ["ignore", 2, 2],
  });
  if (status === 0) return;
  const how = error ? error.message : signal ? `ended by ${signal}` : `exit code ${status}`;
  console.error(
    `npm ci failed (${how}), so nothing was run. Its own messages are above; ` +
      "check that this machine reaches the npm registry, then try again.",
  );
  process.exit(1);
}

const [script, ...args] = process.argv.slice(2);
if (!script) {
  console.error("usage: node scripts/with-node24.mjs <script> [arguments…]");
  process.exit(2);
}
const reason = reasonToInstall();
if (reason) install(reason);

const child = spawn(node, [script, ...args], {
  stdio: "inherit",
  env: { ...process.env, PATH: bin + delimiter + (process.env.PATH ?? "") },
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    // A terminal sends Ctrl-C to both of us; passed on, the script would take it for a second, impatient one.
    if (signal === "SIGINT" && process.stdin.isTTY) return;
    child.kill(signal);
  });
}
child.on("error", (error) => {
  console.error(`cannot start ${node}: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  // End in the same way, so that our caller sees the same thing.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
