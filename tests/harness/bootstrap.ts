/** Makes a Debian root file system with debootstrap, from the machine's own mirror, as a tar. */
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readMirror, readSources } from "../../scripts/apt-sources.ts";
import { run, which } from "../../scripts/shell.ts";

/**
 * As in Debian's own slim images: what no container reads, and what a package may not start in one. Nor does dpkg wait
 * there for the disk after every file: an image that is cut off in the middle of an installation is thrown away.
 */
const FILES: Record<string, string> = {
  "etc/dpkg/dpkg.cfg.d/slim": [
    ...["doc", "man", "info", "locale", "lintian"].map(
      (name) => `path-exclude /usr/share/${name}/*`,
    ),
    "path-include /usr/share/doc/*/copyright",
    "",
  ].join("\n"),
  "etc/dpkg/dpkg.cfg.d/no-sync": "force-unsafe-io\n",
  "etc/apt/apt.conf.d/container": [
    'Acquire::Languages "none";',
    'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };',
    "",
  ].join("\n"),
  "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",
};
const LEFT_OUT = [
  ...["./dev/*", "./proc/*", "./sys/*", "./run/*", "./tmp/*"],
  ...["./var/cache/apt/*", "./var/lib/apt/lists/*", "./var/log/*", "./debootstrap"],
  ...["doc", "man", "info", "locale", "lintian"].map((name) => `./usr/share/${name}/*`),
];

/** debootstrap makes device nodes and changes its root, so it needs root's rights. */
export function canBootstrap(): boolean {
  return process.getuid?.() === 0 && which("debootstrap") !== undefined;
}

/**
 * Writes the tar of a minimal Debian whose apt reaches the mirror that this machine reaches. Takes about 40 s.
 *
 * @param release Debian's code name, `bookworm`
 * @param tar where the archive goes; it appears only when it is complete
 */
export async function bootstrap(release: string, tar: string): Promise<void> {
  await mkdir(dirname(tar), { recursive: true });
  // Beside the archive rather than in the temp folder, which may be mounted `nodev` and then gets no devices.
  const work = await mkdtemp(join(dirname(tar), "debootstrap-"));
  try {
    const root = join(work, "root");
    const mirror = await readMirror(release);
    const keyring = mirror.signedBy ? [`--keyring=${mirror.signedBy}`] : [];
    const debootstrap = which("debootstrap") ?? "debootstrap";
    await run(debootstrap, ["--variant=minbase", ...keyring, release, root, mirror.uri], {
      env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
    for (const [path, text] of Object.entries(await files(release))) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text, { mode: path.includes("/sbin/") ? 0o755 : 0o644 });
    }
    const excludes = LEFT_OUT.map((pattern) => `--exclude=${pattern}`);
    const partial = join(work, "root.tar");
    await run("tar", ["--numeric-owner", ...excludes, "-C", root, "-cf", partial, "."]);
    await rename(partial, tar);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function files(release: string): Promise<Record<string, string>> {
  // Only Debian's own repositories: another vendor's have names and keys that the new system knows nothing of.
  const sources = (await readSources()).filter(
    ({ suite }) => suite === release || suite.startsWith(`${release}-`),
  );
  const lines = sources.map(({ uri, suite }) => `deb ${uri} ${suite} main`);
  return {
    ...FILES,
    "etc/apt/sources.list": `${lines.join("\n")}\n`,
    "etc/apt/apt.conf.d/mirror": await mirrorOptions(),
  };
}

/** What of the machine's apt options decides whether the mirror is reached and believed. */
async function mirrorOptions(): Promise<string> {
  const wanted = /^Acquire::(https?::.*|Check-Valid-Until|Check-Date|Retries) "/;
  const dump = await run("apt-config", ["dump"]);
  const lines = dump.split("\n").filter((line) => wanted.test(line));
  return lines.map((line) => `${line}\n`).join("");
}
