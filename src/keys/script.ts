/**
 * A script in its canonical form: what is hashed and what is run, so that an inline script, a file
 * and a Windows checkout of that file agree.
 *
 * UTF-8 without BOM, `\r\n` as `\n`, blanks and line ends at the very end replaced by one `\n`.
 * An empty result means that there is no script.
 *
 * @throws NotAScript when the bytes are not UTF-8 or hold a NUL, which no shell can run.
 */
export function canonicalScript(source: Uint8Array | string): string {
  const text = typeof source === "string" ? withoutBom(source) : decode(source);
  if (text.includes("\0")) {
    throw new NotAScript("it has NUL bytes, so it is not a text file");
  }
  const trimmed = withoutTrailingBlanks(text.replaceAll("\r\n", "\n"));
  return trimmed === "" ? "" : `${trimmed}\n`;
}

/** The bytes are no script; the message says why and fits behind "cannot be used: ". */
export class NotAScript extends Error {}

function decode(bytes: Uint8Array): string {
  try {
    // TextDecoder drops one BOM by itself
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new NotAScript("it is not UTF-8; save it as UTF-8 text");
  }
}

/** By hand: a regular expression would try every run of blanks anew, at every place in it. */
function withoutTrailingBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && " \t\n".includes(text.charAt(end - 1))) {
    end -= 1;
  }
  return text.slice(0, end);
}

function withoutBom(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}
