import { Readable } from "node:stream";
import { pack } from "tar-stream";

/** A file that enters a container; `path` is absolute in the container. */
export interface Entry {
  readonly path: string;
  readonly content: string | Buffer;
  readonly mode: number;
}

/**
 * Files as one tar stream for `docker cp --archive - <container>:/`, which gives them to the
 * container's user. Folders come from the paths; those below `/run/agent-runner` are listed, so that
 * they too belong to the user.
 */
export function archive(entries: readonly Entry[], folders: readonly string[]): Readable {
  const stream = pack();
  for (const folder of folders) {
    stream.entry({ name: inArchive(folder), type: "directory", mode: 0o755 });
  }
  for (const { path, content, mode } of entries) {
    stream.entry({ name: inArchive(path), mode }, content);
  }
  stream.finalize();
  return Readable.from(stream);
}

function inArchive(path: string): string {
  return path.replace(/^\/+/, "");
}

/**
 * `agents-artifacts/a/b` as `a/b`: a path below an archive's first folder; undefined for that folder itself and for
 * what leads out of it.
 */
export function pathBelow(name: string): string | undefined {
  const steps = name.split("/").filter((step) => step !== "" && step !== ".");
  const outside = name.startsWith("/") || steps.includes("..") || name.includes("\0");
  const path = steps.slice(1).join("/");
  return outside || path === "" ? undefined : path;
}
