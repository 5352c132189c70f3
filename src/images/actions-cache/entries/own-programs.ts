import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// `@actions/cache` has the machine's tar unpack archives with names as they are: absolute ones and `../` lead anywhere.
// It takes its programs from the PATH. So the PATH of its process has these alone, none of which unpacks anything; the
// machine's own go on making archives.
//
// What an entry is called by, and so who finds it, hangs on whether there is a zstd. So there always is one: where the
// machine has none, Node.js packs.

/** From now on nothing but these is found by this process. */
export function useOwnPrograms(folder: string, environment: NodeJS.ProcessEnv = process.env): void {
  const [bin, last] = [join(folder, "bin"), join(folder, "last-bin")];
  for (const [place, programs] of [
    [bin, ownPrograms(environment.PATH ?? "", last)],
    [last, { zstdmt: packer(process.execPath) }],
  ] as const) {
    mkdirSync(place, { recursive: true, mode: 0o700 });
    for (const [name, script] of Object.entries(programs)) {
      writeFileSync(join(place, name), script, { mode: 0o700 });
    }
  }
  environment.PATH = bin;
}

/**
 * What each program is. Pure.
 *
 * @param last a folder whose programs are found where the machine has none of that name
 */
function ownPrograms(path: string, last: string): Readonly<Record<"tar" | "zstd", string>> {
  const before = `#!/bin/sh\nPATH=${quoted(`${path}:${last}`)}\nexport PATH\n`;
  return {
    tar: `${before}[ "$1" = --posix ] || exit 0 # is unpacked by the process that asks\nexec tar "$@"\n`,
    // it is asked for its version only, and the answer must not be empty
    zstd: `${before}! command -v zstd >/dev/null || exec zstd "$@"\necho "zstd of Node.js"\n`,
  };
}

/** Packs standard input, as tar has a packer do it; of all that a packer can be told, nothing is. Pure. */
function packer(node: string): string {
  const code =
    'require("node:stream").pipeline(process.stdin, require("node:zlib").createZstdCompress(), process.stdout, (error) => { process.exitCode = error ? 1 : 0; });';
  return `#!/bin/sh\nexec ${quoted(node)} -e ${quoted(code)}\n`;
}

/** One word of the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
