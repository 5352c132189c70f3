/** A `docker` that stands first on PATH and notes every command line before it is the real one, or nothing at all. */
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { which } from "../../scripts/shell.ts";
import { jobFolder } from "./runner-env.ts";

export interface DockerLog {
  /** Goes into the step's environment. */
  env: { PATH: string };
  /** The argv of every command so far, in the order they began. */
  commands(): Promise<string[][]>;
  /** Those that begin with these words. */
  beginningWith(...words: string[]): Promise<string[][]>;
  /** Forgets what was noted so far: what follows is another step's. */
  forget(): Promise<void>;
}

/**
 * @param kind `real` passes every command on to the engine; `stub` only notes it and fails, so that a test can tell
 * that nothing was started
 */
export async function dockerLog(kind: "real" | "stub" = "real"): Promise<DockerLog> {
  const folder = await mkdtemp(join(await jobFolder(), "docker-log-"));
  const bin = await mkdtemp(join(folder, "bin-"));
  const docker = which("docker") ?? "/nonexistent/docker";
  // One file a command: commands run side by side, and long lines would mix.
  const lines = [
    "#!/usr/bin/env bash",
    `printf '%s\\0' "$@" >"${folder}/$EPOCHREALTIME-$$.argv"`,
    kind === "real" ? `exec "${docker}" "$@"` : "echo 'docker was called' >&2; exit 99",
    "",
  ];
  await writeFile(join(bin, "docker"), lines.join("\n"), { mode: 0o755 });
  const seen = new Set<string>();
  const names = async () =>
    (await readdir(folder)).filter((name) => name.endsWith(".argv") && !seen.has(name)).sort();
  const read = async () => {
    const fresh = await names();
    const texts = await Promise.all(fresh.map((name) => readFile(join(folder, name), "utf8")));
    return texts.map((text) => text.split("\0").slice(0, -1));
  };
  return {
    env: { PATH: `${bin}${delimiter}${process.env.PATH}` },
    commands: read,
    beginningWith: async (...words) =>
      (await read()).filter((argv) => words.every((word, index) => argv[index] === word)),
    forget: async () => {
      for (const name of await names()) seen.add(name);
    },
  };
}
