import { join } from "node:path";

// A path on Linux is bytes. Below a workspace it is kept as text of one character a byte (latin1): it can be compared,
// cut and sorted as git does, whatever the bytes are.

/** A path of ours and one below it, as the file system takes it. */
export function fullPath(root: string, path: string): Buffer {
  const below = Buffer.from(path, "latin1");
  return path === "" ? Buffer.from(root) : Buffer.concat([Buffer.from(join(root, "/")), below]);
}

export function pathOf(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** A path as people read it; bytes that are no UTF-8 become U+FFFD. */
export function readable(path: string): string {
  return Buffer.from(path, "latin1").toString("utf8");
}

/** A name that git keeps for itself, on whatever file system it may be checked out. */
export function isGitsOwn(path: string): boolean {
  return path.split("/").some((step) => step.toLowerCase() === ".git");
}
