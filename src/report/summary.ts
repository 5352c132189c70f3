import type { LayerOutcome } from "../images/outcome.ts";
import { duration, plain } from "../log/text.ts";
import type { Span } from "../log/timeline.ts";
import { code, entities } from "./markdown.ts";

export interface SummaryInput {
  readonly title: string;
  /** The agent's answer, Markdown of its own. */
  readonly answer?: string | undefined;
  /** What became of it on GitHub, Markdown of our own. */
  readonly said?: string | undefined;
  /** Facts in the order they are shown: name and value, in HTML: Markdown is none there. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly layers: readonly LayerOutcome[];
  readonly spans: readonly Span[];
  readonly warnings: readonly string[];
  /** The end of the task's output, as it was. */
  readonly tail?: string;
  /** The output is why somebody reads on: it is not folded away. */
  readonly tailIsOpen?: boolean;
}

/** The job summary: what ran, from what, how long. Markdown as GitHub renders it. Pure. */
export function summary(input: SummaryInput): string {
  const parts = [`## ${input.title}`];
  if (input.answer !== undefined && input.answer.trim() !== "") {
    parts.push(quoted(input.answer));
  }
  if (input.said !== undefined) {
    parts.push(input.said);
  }
  if (input.facts.length > 0) {
    parts.push(factList(input.facts));
  }
  if (input.layers.length > 0) {
    const rows = input.layers.map(({ layer, shown, ms, why }) => [
      layer.title,
      shown,
      duration(ms),
      code(layer.key),
      why === "hit" ? "" : code(why),
    ]);
    parts.push(table(["image", "source", "time", "key", "why"], rows));
  }
  if (input.warnings.length > 0) {
    parts.push(warningList(input.warnings));
  }
  if (input.tail !== undefined && input.tail.trim() !== "") {
    parts.push(lastOutput(input.tail, input.tailIsOpen === true));
  }
  if (input.spans.length > 0) {
    parts.push(timeline(input.spans));
  }
  return `${fitting(parts, mostBytes).join("\n\n")}\n`;
}

/** GitHub drops a step's whole summary when it is larger than 1 MiB; what is ours may be this much. */
const mostBytes = 1_000_000;
const leftOut = "A part of this summary is left out: it is too long for GitHub.";

/** The parts that fit together into so many bytes, whole ones only: half a table helps nobody. */
function fitting(parts: readonly string[], limit: number): readonly string[] {
  const size = (part: string) => Buffer.byteLength(part) + "\n\n".length;
  let room = limit - size(leftOut);
  const kept = parts.filter((part) => {
    const fits = size(part) <= room;
    room -= fits ? size(part) : 0;
    return fits;
  });
  return kept.length === parts.length ? parts : [...kept, leftOut];
}

/** How many of a list the summary shows. */
const mostItems = 20;

/** The first of a list, and how many more there are. */
export function firstOf(items: readonly string[]): readonly string[] {
  const more = items.length - mostItems;
  return more <= 0 ? items : [...items.slice(0, mostItems), `and ${more} more`];
}

function warningList(warnings: readonly string[]): string {
  const lines = firstOf(warnings.map((warning) => `:warning: ${code(warning)}`));
  return lines.map((line) => `- ${line}`).join("\n");
}

/**
 * The last lines of an output, folded away. It is one HTML block: Markdown reads nothing in it, and
 * GitHub looks for no links and mentions in `<pre>`.
 */
function lastOutput(tail: string, open: boolean): string {
  const lines = plain(tail).trimEnd().split("\n").slice(-30);
  // a line that is empty, or has nothing but blanks, would end the block and begin Markdown
  const text = lines.map((line) => (line.trim() === "" ? "&#8203;" : entities(line))).join("\n");
  return `<details${open ? " open" : ""}><summary>The last lines of the task's output</summary>\n<pre>\n${text}\n</pre>\n</details>`;
}

/** A Mermaid gantt chart; GitHub draws it. Times are milliseconds since the start of the run. */
function timeline(spans: readonly Span[]): string {
  const bars = spans
    .toSorted((one, other) => one.start - other.start)
    .map(({ name, start, end }) => {
      // a bar of no width is not drawn at all
      const from = Math.round(start);
      const to = Math.max(Math.round(end), from + 1);
      return `  ${name.replace(/[^A-Za-z0-9 _-]/g, " ")} (${duration(end - start)}) : ${from}, ${to}`;
    });
  const end = Math.max(...spans.map((span) => span.end));
  // below some seconds `00:00` would stand at every tick
  const ticks = end < 10_000 ? "%S.%L s" : "%M:%S";
  const axis = ["  dateFormat x", `  axisFormat ${ticks}`];
  return ["```mermaid", "gantt", ...axis, ...bars, "```"].join("\n");
}

/** Facts as an HTML table: Markdown's own would begin with an empty header row. */
function factList(facts: SummaryInput["facts"]): string {
  const rows = facts.map(([name, value]) => `<tr><td>${name}</td><td>${value}</td></tr>`);
  return `<table>\n${rows.join("\n")}\n</table>`;
}

/** How much of an answer is shown, in characters as they are written here; the output has all of it. */
const mostAnswer = 20_000;

/**
 * The agent's answer as a quotation. Its Markdown is kept, since it is written to be read, but it addresses nobody,
 * loads nothing, and is no HTML. Code stays as it is, where it surely is code.
 */
export function quoted(answer: string): string {
  return asQuotation(harmlessLines(answer).lines);
}

/** The same as a text of its own, where nothing of it can reach what comes behind it; else as a quotation. */
export function unquoted(answer: string): string {
  const { lines, sure } = harmlessLines(answer);
  return sure ? lines.join("\n") : asQuotation(lines);
}

/** @returns whether it is known what each line is: no code can go on behind the last */
function harmlessLines(answer: string): { lines: readonly string[]; sure: boolean } {
  const lines: string[] = [];
  let room = mostAnswer;
  let fence: string | undefined;
  // what looks like a fence, but may belong to a list or not: from there on nothing is taken for code
  let sure = true;
  // a code span may go on in the next line of its paragraph
  let spans = true;
  for (const line of plain(answer).trimEnd().split("\n")) {
    const [, indent = "", marks = "", rest = ""] = /^(\s*)(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    const opens = marks !== "" && !(marks.startsWith("`") && rest.includes("`"));
    let shown = line;
    if (fence !== undefined) {
      const closes = indent.length <= 3 && marks.startsWith(fence) && rest.trim() === "";
      fence = closes ? undefined : fence;
    } else if (opens && indent === "" && sure) {
      fence = marks;
      spans = true;
    } else {
      sure &&= !opens;
      spans = line.trim() === "" || (spans && isWhole(line));
      shown = spans && sure ? outsideCode(line, inert) : inert(line);
    }
    if (shown.length > room) {
      lines.push(
        ...(lines.length === 0 ? [inert(line.slice(0, room / 10))] : []),
        ...closing(fence),
      );
      lines.push("", "…");
      return { lines, sure };
    }
    room -= shown.length + 1;
    lines.push(shown);
  }
  return { lines: [...lines, ...closing(fence)], sure };
}

function closing(fence: string | undefined): readonly string[] {
  return fence === undefined ? [] : [fence];
}

function asQuotation(lines: readonly string[]): string {
  return lines.map((line) => `> ${line}`).join("\n");
}

const span = /(?<![`\\])(`+)(?!`)[^\\]*?(?<!`)\1(?!`)/g;

/** Whether each code span of a line ends in it. */
function isWhole(line: string): boolean {
  return !line.replace(span, "").includes("`");
}

function outsideCode(line: string, change: (text: string) => string): string {
  let text = "";
  let from = 0;
  for (const found of line.matchAll(span)) {
    text += `${change(line.slice(from, found.index))}${found[0]}`;
    from = found.index + found[0].length;
  }
  return `${text}${change(line.slice(from))}`;
}

/** Markdown that addresses nobody, loads nothing, and is no HTML. */
function inert(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/!\[/g, "!&#91;")
    .replace(/(?<![A-Za-z0-9])@(?=\w)/g, "@<!-- -->")
    .replace(/(?<![\w&])#(?=\d)/g, "#<!-- -->");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
