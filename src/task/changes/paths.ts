// A path on Linux is bytes. Below a workspace it is kept as text of one character a byte (latin1): it can be compared,
// cut and sorted as git does, whatever the bytes are.

/** A path of ours and one below it, as the file system takes it. */
export function fullPath(root: string, path: string): string | Buffer {
  const text = path === "" ? root : `${root}/${path}`;
  if (!beyondAscii.test(path)) {
    return text; // the same bytes, and sooner there
  }
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, "latin1")]);
}

const beyondAscii = /[\u0080-\u00ff]/;

export function pathOf(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** A path as people read it; bytes that are no UTF-8 become U+FFFD. */
export function readable(path: string): string {
  return Buffer.from(path, "latin1").toString("utf8");
}

/** A path with a step that git takes for its own folder on one file system or another: it refuses them on all. */
export function isGitsOwn(path: string): boolean {
  return path.split(/[/\\]/).some((step) => /^(?:\.git|git~1)[. ]*(?::.*)?$/is.test(step));
}
