/**
 * Reads from the machine's own apt configuration where its Debian mirror is. No mirror's address stands anywhere in
 * this repository: the tests run on machines that reach only their own.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** One repository of Debian's, as apt's configuration names it. */
export interface AptSource {
  uri: string;
  /** `bookworm`, `bookworm-security`, … */
  suite: string;
  /** Key ring for `Signed-By`, when the configuration has one. */
  signedBy?: string;
}

/** The code name of the installed release (`bookworm`), or undefined where there is none. */
export async function installedRelease(): Promise<string | undefined> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^VERSION_CODENAME=(\S+)$/m.exec(text)?.[1];
}

/** The machine's main mirror for a release, by default the installed one. Throws when apt knows of none. */
export async function readMirror(release?: string): Promise<AptSource> {
  const suite = release ?? (await installedRelease());
  const found = (await readSources()).find((source) => source.suite === suite);
  if (!found) throw new Error(`apt's sources name no mirror for ${suite ?? "this release"}`);
  return found;
}

/** Every binary repository with a `main` component, in the order in which apt reads them. */
export async function readSources(etcApt = "/etc/apt"): Promise<AptSource[]> {
  const parts = join(etcApt, "sources.list.d");
  const names = (await readdir(parts).catch(() => [])).sort();
  const sources: AptSource[] = [];
  for (const file of [join(etcApt, "sources.list"), ...names.map((name) => join(parts, name))]) {
    const parse = file.endsWith(".sources") ? parseDeb822 : parseOneLine;
    // apt reads these two endings only: a file that is switched off has another one.
    if (!/\.(list|sources)$/.test(file)) continue;
    sources.push(...parse(await readFile(file, "utf8").catch(() => "")));
  }
  return sources;
}

/** The classic format: `deb [options] uri suite component…`. */
export function parseOneLine(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split("\n")) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line);
    const [, options = "", uri, suite, components = ""] = match ?? [];
    if (!uri || !suite || !/\bmain\b/.test(components)) continue;
    sources.push({ uri, suite, ...keyRing(/signed-by=(\S+)/i.exec(options)?.[1]) });
  }
  return sources;
}

/** The newer format: paragraphs of `Field: value`. */
export function parseDeb822(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const paragraph of text.split(/\n\s*\n/)) {
    const words = (name: string) => {
      const value = new RegExp(`^${name}:[ \\t]*(.*)$`, "im").exec(paragraph)?.[1] ?? "";
      return value.trim().split(/\s+/);
    };
    const uri = words("URIs")[0];
    const wanted = words("Types").includes("deb") && words("Components").includes("main");
    if (!uri || !wanted || words("Enabled")[0] === "no") continue;
    for (const suite of words("Suites")) {
      sources.push({ uri, suite, ...keyRing(words("Signed-By")[0]) });
    }
  }
  return sources;
}

/** A key that stands in the configuration itself cannot be referred to from elsewhere; only a path can. */
function keyRing(path: string | undefined): { signedBy?: string } {
  return path?.startsWith("/") ? { signedBy: path } : {};
}
