import { duration, plain } from "../log/text.ts";
import type { Span } from "../log/timeline.ts";
import type { LayerReport } from "./layer-report.ts";

export interface SummaryInput {
  readonly title: string;
  /** Facts in the order they are shown: name and Markdown value. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly layers: readonly LayerReport[];
  readonly spans: readonly Span[];
  readonly warnings: readonly string[];
  /** The end of the task's output, as it was. */
  readonly tail?: string;
}

/** The job summary: what ran, from what, how long. Markdown as GitHub renders it. Pure. */
export function summary(input: SummaryInput): string {
  const parts = [`## ${input.title}`];
  if (input.facts.length > 0) {
    parts.push(table(["", ""], input.facts));
  }
  if (input.layers.length > 0) {
    const rows = input.layers.map((layer) => [
      layer.name,
      sources[layer.source] ?? layer.source,
      duration(layer.ms),
      code(layer.key),
      layer.why === "hit" ? "" : code(layer.why),
    ]);
    parts.push(table(["layer", "source", "time", "key", "why"], rows));
  }
  if (input.warnings.length > 0) {
    parts.push(warningList(input.warnings));
  }
  if (input.tail !== undefined && input.tail.trim() !== "") {
    parts.push(lastOutput(input.tail));
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

const sources: Record<string, string> = {
  local: "hit (local)",
  registry: "hit (registry)",
  "actions-cache": "hit (Actions cache)",
  built: "built",
  none: "missing",
  failed: "build failed",
};

/**
 * The last lines of an output, folded away. It is one HTML block: Markdown reads nothing in it, and
 * GitHub looks for no links and mentions in `<pre>`.
 */
function lastOutput(tail: string): string {
  const lines = plain(tail).trimEnd().split("\n").slice(-30);
  // a line that is empty, or has nothing but blanks, would end the block and begin Markdown
  const text = lines.map((line) => (line.trim() === "" ? "&#8203;" : entities(line))).join("\n");
  return `<details><summary>The last lines of the task's output</summary>\n<pre>\n${text}\n</pre>\n</details>`;
}

/** A Mermaid gantt chart; GitHub draws it. Times are milliseconds since the start of the run. */
function timeline(spans: readonly Span[]): string {
  const bars = spans.map(({ name, start, end }) => {
    // a bar of no width is not drawn at all
    const from = Math.round(start);
    const to = Math.max(Math.round(end), from + 1);
    return `  ${name.replace(/[^A-Za-z0-9 _-]/g, " ")} (${duration(end - start)}) : ${from}, ${to}`;
  });
  return ["```mermaid", "gantt", "  dateFormat x", "  axisFormat %M:%S", ...bars, "```"].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Longer texts are cut: a message of many lines says what it has to say at its beginning. */
const mostCharacters = 2000;

/**
 * Text from elsewhere on one line, shown as it is: no Markdown, HTML, link or mention. It has to be
 * code: GitHub reads entities before it looks for mentions, issues and links, and looks for none of
 * them in `<code>`. Markdown itself does not care and makes links there, too; a comment, which nobody
 * sees, parts what it would take for one.
 */
export function code(text: string): string {
  const short = text.length > mostCharacters ? `${text.slice(0, mostCharacters - 1)}…` : text;
  const shown = entities(short.replace(/\s*[\n\r]\s*/g, " "));
  return `<code>${shown.replace(/:(?=\/\/)|www(?=\.)|&#64;/gi, "$&<!-- -->")}</code>`;
}

/** Every sign that means something to Markdown or HTML as an entity. */
function entities(text: string): string {
  return text.replace(/[&<>\\`*_{}[\]()#+!|~$@]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
