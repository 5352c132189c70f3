import { Readable } from "node:stream";
import { pack } from "tar-stream";
import type { Owner } from "./workspace/plan.ts";

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
 *
 * @param owner the numbers of that user, where the engine takes them from the archive
 */
export function archive(
  entries: readonly Entry[],
  folders: readonly string[],
  owner?: Owner,
): Readable {
  const stream = pack();
  for (const folder of folders) {
    stream.entry({ ...owner, name: inArchive(folder), type: "directory", mode: 0o755 });
  }
  for (const { path, content, mode } of entries) {
    stream.entry({ ...owner, name: inArchive(path), mode }, content);
  }
  stream.finalize();
  return Readable.from(stream);
}

/** A path of the container as archives name it. */
export function inArchive(path: string): string {
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
