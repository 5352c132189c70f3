/** The last line that says something, for a message; control characters removed, at most 300 characters. */
export function lastLine(output: string): string {
  const lines = plain(output)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const line = lines.at(-1) ?? "it said nothing";
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}

/** Text on one line of at most so many characters. */
export function oneLine(text: string, most: number): string {
  const line = plain(text).replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes are control characters
const escapes = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)|[@-Z\\-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all but tab and line feed go
const controls = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u2028\u2029\uFEFF]/g;

/** Text without colours, cursor movements and other control characters; line ends and tabs stay. */
export function plain(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(escapes, "").replace(controls, "");
}

/**
 * Text from elsewhere that is written to the log outside of a quarantine: on one line, and nothing
 * in it is a workflow command, in the new form (`::x::` at the start) or the old (`##[x]` anywhere).
 */
export function harmless(text: string): string {
  return plain(text)
    .replaceAll("\n", " ")
    .replaceAll("##[", "# #[")
    .replace(/^\s*::/, ": :");
}

/** `850 ms`, `12.3 s`, `4 min 05 s`. */
export function duration(ms: number): string {
  if (ms < 999.5) {
    return `${Math.round(ms)} ms`;
  }
  if (ms < 59_950) {
    return `${(ms / 1000).toFixed(1)} s`;
  }
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** The last three lines that say something, on one line of at most 200 characters: `a | b | c`. */
export function lastWords(output: string): string {
  const lines = plain(output)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const text = lines.slice(-3).join(" | ");
  return text.length > 200 ? `…${text.slice(-199)}` : text;
}

/** The last lines, at most 20, for a message that stands alone. */
export function lastLines(output: string): string {
  return plain(output).trimEnd().split("\n").slice(-20).join("\n");
}

/** `2.5 MB`, `214 MB`, `12.0 GB`: decimal, as GitHub counts. */
export function megabytes(bytes: number): string {
  const mb = bytes / 1e6;
  return mb >= 10_000
    ? `${(mb / 1000).toFixed(1)} GB`
    : `${mb < 10 ? mb.toFixed(1) : Math.round(mb)} MB`;
}

/** `214 MB in 3 entries` */
export function cargoText({ bytes, entries }: { bytes: number; entries: number }): string {
  return `${megabytes(bytes)} in ${entries} ${entries === 1 ? "entry" : "entries"}`;
}
