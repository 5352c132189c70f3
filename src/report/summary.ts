import type { LayerReport } from "./layer-report.ts";
import { duration, plain } from "./text.ts";
import type { Span } from "./timeline.ts";

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
      asText(layer.why === "hit" ? "" : layer.why),
    ]);
    parts.push(table(["layer", "source", "time", "key", "why"], rows));
  }
  if (input.warnings.length > 0) {
    parts.push(input.warnings.map((warning) => `- :warning: ${asText(warning)}`).join("\n"));
  }
  if (input.tail !== undefined && input.tail.trim() !== "") {
    parts.push(lastOutput(input.tail));
  }
  if (input.spans.length > 0) {
    parts.push(timeline(input.spans));
  }
  return `${parts.join("\n\n")}\n`;
}

const sources: Record<string, string> = {
  local: "hit (local)",
  registry: "hit (registry)",
  "actions-cache": "hit (Actions cache)",
  built: "built",
  none: "missing",
  failed: "build failed",
};

/** The last lines of an output, folded away; nothing in it is Markdown, HTML or a mention any more. */
function lastOutput(tail: string): string {
  const lines = plain(tail).trimEnd().split("\n").slice(-30);
  // a blank line would end the HTML block and begin Markdown
  const text = lines.map((line) => asText(line) || "&#8203;").join("\n");
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

/** Text from elsewhere, shown as it is: no Markdown, no HTML, no mention, one line. */
export function asText(text: string): string {
  return text
    .replace(/\s*[\n\r]\s*/g, " ")
    .replace(/[&<>\\`*_{}[\]()#+!|~$@]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** As code, whatever it contains. */
export function code(text: string): string {
  return `<code>${asText(text)}</code>`;
}
