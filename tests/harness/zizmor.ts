/** zizmor, which knows how workflows are attacked: one version, from Python's package index, checked by its digests. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { attempt, which } from "../../scripts/shell.ts";
import { cacheFolder } from "./base-image.ts";
import { withLock } from "./lock.ts";

const VERSION = "1.32.0";
/** Of its wheels for Linux (x86-64, ARM; musl, ARM and x86-64) and macOS (Intel, ARM). */
const DIGESTS = [
  "84a6acb975accc13408786a2bd274b572537ca19c933ebbc13e78f3988562071",
  "0cdd38fca6eb34ceb567548548d706332e3535ea66894b9168c048e03207b68c",
  "d34dcfa702875202b4163d90ebb9cc5222f3d1a7d4b72bf796d87b5a15b24194",
  "dd818f99d833b86cd432d5412d620d936b5df074b33404fff8b67acff55d3259",
  "aa4b4e216321dd5cf202cd79fc83296468f0eed79d850cd65ac8187a6bbc5496",
  "0a999c98015becd9f69919ce01febadfb1c2be9b8ec2ce9ef7eb13ff23ba8eba",
];

export interface Finding {
  /** The rule's name, `template-injection`. */
  readonly rule: string;
  /** `path:line` */
  readonly place: string;
}

/**
 * Has it look at workflows and actions, without asking GitHub. It is installed first where it is not there yet: 10 MB.
 *
 * @param persona `regular`, or `pedantic`, which finds more
 * @param paths files, or folders that have a `.github/workflows`
 * @throws Error with what to do where it cannot be installed, or cannot read a file
 */
export async function audit(
  persona: "regular" | "pedantic",
  paths: readonly string[],
): Promise<readonly Finding[]> {
  const argv = ["--offline", "--quiet", "--format=json-v1", "--no-exit-codes"];
  const program = await ensureZizmor();
  const { code, stdout, stderr } = await attempt(program, [
    ...argv,
    ...["--strict-collection", `--persona=${persona}`, ...paths],
  ]);
  if (code !== 0) throw new Error(`zizmor: exit code ${code}\n${stderr}`);
  return (JSON.parse(stdout) as Reported[]).map(({ ident, locations }) => {
    const { symbolic, concrete } =
      locations.find(({ symbolic }) => symbolic.kind === "Primary") ?? locations[0];
    const { given_path, verbatim_path } = symbolic.key.Local;
    const line = concrete.location.start_point.row + 1;
    return { rule: ident, place: `${verbatim_path ?? given_path}:${line}` };
  });
}

/** What is read of its report. */
interface Reported {
  readonly ident: string;
  readonly locations: readonly [Location, ...Location[]];
}
interface Location {
  readonly symbolic: {
    readonly kind: string;
    readonly key: {
      readonly Local: { readonly verbatim_path?: string; readonly given_path?: string };
    };
  };
  readonly concrete: { readonly location: { readonly start_point: { readonly row: number } } };
}

/** Installs it into the cache folder, whole or not at all. */
async function ensureZizmor(): Promise<string> {
  const folder = join(cacheFolder(), `zizmor-${VERSION}`);
  const program = join(folder, "bin", "zizmor");
  await withLock(`${folder}.lock`, async () => {
    if (existsSync(program)) return;
    const pip = which("pip3");
    if (!pip) {
      throw new Error(
        "zizmor checks the workflows and comes with pip: install Debian's package python3-pip. `npm test` does it by itself",
      );
    }
    await mkdir(cacheFolder(), { recursive: true });
    const work = await mkdtemp(`${folder}-`);
    try {
      const wanted = join(work, "requirements.txt");
      const hashes = DIGESTS.map((digest) => `--hash=sha256:${digest}`);
      await writeFile(wanted, `zizmor==${VERSION} ${hashes.join(" ")}\n`);
      const argv = ["install", "--disable-pip-version-check", "--no-cache-dir", "--no-deps"];
      const { code, stdout, stderr } = await attempt(pip, [
        ...argv,
        ...["--only-binary=:all:", "--require-hashes", `--target=${join(work, "made")}`],
        ...["--requirement", wanted],
      ]);
      if (code !== 0) {
        throw new Error(
          `zizmor ${VERSION} could not be installed; see that pip3 reaches its package index. It said:\n${stderr || stdout}`,
        );
      }
      await rename(join(work, "made"), folder);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return program;
}
