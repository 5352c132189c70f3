import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// `@actions/cache` has the machine's tar unpack archives with names as they are: absolute ones and `../` lead anywhere.
// It takes its programs from the PATH. So the PATH of its process has these alone, none of which unpacks anything; the
// machine's own go on making archives.

/** From now on nothing but these is found by this process. */
export function useOwnPrograms(folder: string, environment: NodeJS.ProcessEnv = process.env): void {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true, mode: 0o700 });
  for (const [name, script] of Object.entries(ownPrograms(environment.PATH ?? ""))) {
    writeFileSync(join(bin, name), script, { mode: 0o700 });
  }
  environment.PATH = bin;
}

/** What each program is. Pure. */
export function ownPrograms(path: string): Readonly<Record<"tar" | "zstd", string>> {
  const before = `#!/bin/sh\nPATH=${quoted(path)}\nexport PATH\n`;
  return {
    tar: `${before}[ "$1" = --posix ] || exit 0 # is unpacked by the process that asks\nexec tar "$@"\n`,
    // where there is none, gzip is used
    zstd: `${before}command -v zstd >/dev/null || exit 0\nexec zstd "$@"\n`,
  };
}

/** One word of the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
