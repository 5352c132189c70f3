import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** An entry's archive with its one file changed; as a file of the machine's own tar and zstd. */
export function repack(
  bytes: Buffer,
  change?: (file: Buffer) => void,
  withoutInner?: string[],
  replacement?: Buffer,
): Buffer {
  const sh = (script: string, ...args: string[]) =>
    execFileSync("bash", ["-euo", "pipefail", "-c", script, "repack", ...args]);
  const folder = sh("mktemp -d").toString().trim();
  try {
    execFileSync("zstd", ["-q", "-d", "-f", "-o", join(folder, "all.tar")], { input: bytes });
    const name = sh('tar -tf "$1/all.tar"', folder).toString().trim();
    sh('mkdir "$1/in" && tar -xf "$1/all.tar" -C "$1/in"', folder);
    const path = join(folder, "in", name);
    if (change) {
      const file = readFileSync(path);
      change(file);
      writeFileSync(path, file);
    }
    if (withoutInner) execFileSync("tar", ["--delete", "--file", path, ...withoutInner]);
    if (replacement) writeFileSync(path, replacement);
    sh(
      'tar --posix -cf "$1/new.tar" -C "$1/in" "$2" && zstd -q -f "$1/new.tar" -o "$1/new.tzst"',
      folder,
      name,
    );
    return readFileSync(join(folder, "new.tzst"));
  } finally {
    sh('rm -rf "$1"', folder);
  }
}

/** The archive with one byte of its file another one. */
export function withOtherByte(bytes: Buffer): Buffer {
  return repack(bytes, (file) => {
    file[file.length >> 1] = (file[file.length >> 1] ?? 0) ^ 0xff;
  });
}
