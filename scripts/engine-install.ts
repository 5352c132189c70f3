/**
 * Installs a container engine where there is none: Debian, as root, with apt. Debian 12's own engine is too old
 * (20.10, no buildx), so three packages come from Debian testing and everything else from the machine's own
 * release. All of it goes through a private apt configuration; the machine's own stays as it was.
 */
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMirror } from "./apt-sources.ts";
import { attempt, run, which } from "./shell.ts";

const TESTING = "forky";
const ENGINE_PACKAGES = ["docker.io", "docker-buildx", "docker-cli"];
/** What the test harness starts beside the engine: program → Debian package. */
const HARNESS_PROGRAMS: Record<string, string> = {
  chromium: "chromium",
  debootstrap: "debootstrap",
  "docker-registry": "docker-registry",
  htpasswd: "apache2-utils",
  iptables: "iptables",
  pip3: "python3-pip",
  shellcheck: "shellcheck",
  // engines unpack gzip with it where it is there, as it is on GitHub's hosted runners
  unpigz: "pigz",
  ip: "iproute2",
};
const POLICY = "/usr/sbin/policy-rc.d";

/** Why nothing can be installed here, or undefined when it can. */
async function obstacle(): Promise<string | undefined> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  if (!/^ID=debian$/m.test(release)) return "this is not Debian";
  if (process.getuid?.() !== 0) return "this is not root";
  if (!which("apt-get")) return "there is no apt-get";
  return undefined;
}

async function hasBuildx(): Promise<boolean> {
  return (await attempt("docker", ["buildx", "version"])).code === 0;
}

/**
 * Makes sure that `dockerd` and `docker` with buildx are installed, and the harness's programs. Says what it does
 * before it does it.
 *
 * @param wanted `engine`: all of it; `programs`: an engine answers already and is left alone
 * @throws Error with the packages to install where it cannot
 */
export async function ensureInstalled(
  wanted: "engine" | "programs",
  say: (line: string) => void,
): Promise<void> {
  const engine = wanted === "engine" && (!which("dockerd") || !(await hasBuildx()));
  const programs = Object.entries(HARNESS_PROGRAMS).filter(([program]) => !which(program));
  if (!engine && programs.length === 0) return;
  const packages = programs.map(([, name]) => name);
  const why = await obstacle();
  if (why) {
    if (!engine) {
      throw new Error(`Tests need programs that are not here; install ${packages.join(", ")}`);
    }
    throw new Error(
      `No container engine answers and none can be installed because ${why}. ` +
        `Install Docker Engine 23 or newer with the buildx plugin and ${packages.join(", ")}, ` +
        "start the engine, and see that `docker version` and `docker buildx version` both answer.",
    );
  }
  if (engine) packages.push(...ENGINE_PACKAGES.map((name) => `${name}/${TESTING}`));
  say(`Installing ${packages.join(" ")} with apt (the machine's own apt sources stay unchanged)`);
  await withPrivateApt(engine, async (options) => {
    const apt = (...args: string[]) =>
      run("apt-get", [...options, "-y", "-o", "DPkg::Lock::Timeout=300", ...args], {
        env: { DEBIAN_FRONTEND: "noninteractive" },
      });
    await apt("-qq", "update");
    await withoutServices(() => apt("-qq", "install", "--no-install-recommends", ...packages));
  });
  if (engine && !(await hasBuildx())) throw new Error("docker does not find the buildx plugin");
}

/** Calls back with the apt options that select a private copy of the sources plus, if asked for, testing. */
export async function withPrivateApt(
  testing: boolean,
  body: (options: string[]) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "agent-runner-apt-"));
  try {
    await mkdir(join(dir, "lists", "partial"), { recursive: true });
    await mkdir(join(dir, "sources.list.d"));
    for (const name of ["sources.list", "sources.list.d"]) {
      if (existsSync(`/etc/apt/${name}`)) {
        await cp(`/etc/apt/${name}`, join(dir, name), { recursive: true });
      }
    }
    if (testing) {
      const { uri, signedBy } = await readMirror();
      const lines = ["Types: deb", `URIs: ${uri}`, `Suites: ${TESTING}`, "Components: main"];
      if (signedBy) lines.push(`Signed-By: ${signedBy}`);
      await writeFile(join(dir, "sources.list.d", "testing.sources"), `${lines.join("\n")}\n`);
    }
    // Below 500, so that nothing but what is asked for by name (and what that cannot do without) is newer.
    await writeFile(
      join(dir, "preferences"),
      `Package: *\nPin: release n=${TESTING}\nPin-Priority: 100\n`,
    );
    // apt fetches as the user _apt, who has to reach the folder.
    await run("chmod", ["-R", "a+rX", dir]);
    await body([
      ...["-o", `Dir::Etc::sourcelist=${join(dir, "sources.list")}`],
      ...["-o", `Dir::Etc::sourceparts=${join(dir, "sources.list.d")}`],
      ...["-o", `Dir::Etc::preferences=${join(dir, "preferences")}`],
      ...["-o", `Dir::State::lists=${join(dir, "lists")}`],
    ]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Without systemd a package's script would start the service in its own way; only ours may be started. */
async function withoutServices(body: () => Promise<unknown>): Promise<void> {
  if (existsSync("/run/systemd/system") || existsSync(POLICY)) {
    await body();
    return;
  }
  await writeFile(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await body();
  } finally {
    await rm(POLICY, { force: true });
  }
}
