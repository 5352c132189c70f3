/** A text that is no longer than it may be. */
export interface Bounded {
  readonly text: string;
  /** What is missing, as a sentence. */
  readonly cut: string | undefined;
}

/** What of a text fits into so many bytes: whole lines where that leaves half of it, else whole characters. */
export function firstBytes(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) {
    return text;
  }
  // the beginning of a character that the cut has parted is kept back
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const kept = decoder.decode(bytes.subarray(0, Math.max(0, most)), { stream: true });
  const line = kept.lastIndexOf("\n");
  return line > kept.length / 2 ? kept.slice(0, line + 1) : kept;
}

/** A text cut to so many bytes, with a word at its end. */
export function cutText(text: string, most: number): string {
  const size = Buffer.byteLength(text);
  if (size <= most) {
    return text;
  }
  const kept = firstBytes(text, most);
  const left = size - Buffer.byteLength(kept);
  return `${kept.trimEnd()}\n[${left} more bytes are left out]`;
}

export function kilobytes(bytes: number): string {
  return `${Math.max(1, Math.round(bytes / 1000))} KB`;
}
