import { oneLine, plain } from "../log/text.ts";
import type { Annotation, CheckRun, Checks, CommitStatus } from "./checks.ts";

/** A check's summary may have 65,535 characters, most of them badges and tables. */
const mostSummary = 4_000;
const mostMessage = 1_000;
const mostLine = 300;

/** The checks of a commit as a text to read: what failed first, with all it says. Pure. */
export function checksText({ runs, statuses, leftOut }: Checks, commit: string): string {
  const failed = runs.filter(({ failed }) => failed);
  const others = runs.filter(({ failed }) => !failed);
  const parts = [
    `# Checks of ${commit}`,
    ...(runs.length === 0 && statuses.length === 0 ? ["None is known."] : []),
    ...failed.map(failedText),
    ...(others.length === 0 ? [] : [`## Other checks\n\n${others.map(runLine).join("\n")}`]),
    ...(statuses.length === 0
      ? []
      : [`## Commit statuses\n\n${statuses.map(statusLine).join("\n")}`]),
    ...(leftOut.length === 0 ? [] : [`## Left out\n\n${leftOut.map(item).join("\n")}`]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function failedText({ name, state, url, title, summary, annotations }: CheckRun): string {
  const parts = [
    `## ${oneLine(name, mostLine)}: ${oneLine(state, mostLine)}`,
    oneLine(url, mostLine),
    oneLine(title, mostLine),
    shortened(plain(summary).trim(), mostSummary),
    annotations.map(annotationText).join("\n"),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function annotationText({ path, line, level, title, message }: Annotation): string {
  const where = line > 0 ? `${path}:${line}` : path;
  const head = [where, level, title].filter((word) => word !== "").join(", ");
  // further lines are indented, so that it is seen what they belong to
  const said = shortened(plain(message).trim(), mostMessage).replaceAll("\n", "\n  ");
  return item(`${oneLine(head, mostLine)}: ${said}`);
}

function runLine({ name, state, title }: CheckRun): string {
  return item(oneLine([`${name}: ${state}`, title].filter((one) => one !== "").join(", "), 300));
}

function statusLine({ context, state, description, url }: CommitStatus): string {
  const words = [`${context}: ${state}`, description, url].filter((one) => one !== "");
  return item(oneLine(words.join(", "), mostLine));
}

function item(text: string): string {
  return `- ${text}`;
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
