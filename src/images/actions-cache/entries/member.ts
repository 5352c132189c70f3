import type { Header } from "tar-stream";
import { megabytes, oneLine } from "../../../log/text.ts";

/** All that may come out of an entry's archive. */
export interface Promised {
  readonly file: string;
  readonly maxBytes: number;
}

/**
 * A small archive becomes at most so large, whatever was promised. Zeros shrink 30,000 times, and who writes an entry
 * may write the manifest that promises its size, too; images that anybody uses shrink three or four times.
 */
const bombs = { fromBytes: 64_000_000, ratio: 100 };

/** How large a file may be that comes out of an archive of so many bytes. Pure. */
export function mostBytes(promised: number, archiveBytes: number): number {
  return Math.min(promised, bombs.fromBytes + bombs.ratio * archiveBytes);
}

/** How large the archive of a file of at most so many bytes can be: zstd and gzip add less than a hundredth. Pure. */
export function mostArchiveBytes(promised: number): number {
  return Math.ceil(promised * 1.01) + 1_000_000;
}

/**
 * Why an archive is given up at this member; undefined where it is the file that was saved. Its mode, its owner and its
 * times are nobody's business: they are not taken. Pure.
 *
 * @param before how many members there were before it
 */
export function whatIsRefused(
  { name, type, size = 0, pax }: Pick<Header, "name" | "type" | "size" | "pax">,
  { file, maxBytes }: Promised,
  before: number,
): string | undefined {
  const shown = oneLine(name, 100) || "a nameless file";
  if (name !== file) {
    return `the entry's archive has ${shown}, which is not what was saved`;
  }
  const sparse = Object.keys(pax ?? {}).some((field) => field.startsWith("GNU.sparse."));
  if (type !== "file" || sparse) {
    return `the entry's archive has ${shown} as ${sparse ? "a sparse file" : (kinds[String(type)] ?? "something unknown")}`;
  }
  if (before > 0) {
    return `the entry's archive has ${shown} twice`;
  }
  return size > maxBytes
    ? `the entry's archive has ${shown} with ${megabytes(size)}, and at most ${megabytes(maxBytes)} were promised`
    : undefined;
}

const kinds: Readonly<Record<string, string>> = {
  link: "a hard link",
  symlink: "a symbolic link",
  directory: "a folder",
  fifo: "a pipe",
  "character-device": "a device",
  "block-device": "a device",
};
