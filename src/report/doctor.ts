import { harmless } from "../log/text.ts";
import { prose } from "./markdown.ts";
import type { Report } from "./report.ts";
import { summary } from "./summary.ts";

/** What one look found out. */
export interface Finding {
  /** What it is about, in a word or two: `engine`, `disk`. */
  readonly about: string;
  readonly state: "ok" | "note" | "problem";
  readonly says: string;
  /** What to do next; not there where all is well. */
  readonly next?: string | undefined;
}

const marks = { ok: "ok     ", note: "note   ", problem: "PROBLEM" } as const;

/** The lines that people read, and paste into an issue. Pure. */
export function doctorLines(findings: readonly Finding[]): readonly string[] {
  const width = Math.max(...findings.map(({ about }) => about.length));
  return findings.flatMap(({ about, state, says, next }) => [
    `${marks[state]} ${about.padEnd(width)}  ${harmless(says)}`,
    ...(next === undefined
      ? []
      : [`${" ".repeat(marks.ok.length + width + 3)}→ ${harmless(next)}`]),
  ]);
}

/**
 * What `mode: doctor` says at its end. Pure.
 *
 * @param unusable why no task could run here at all, if so: nothing else fails the step
 */
export function doctorReport(findings: readonly Finding[], unusable: string | undefined): Report {
  const problems = findings.filter(({ state }) => state === "problem").length;
  return {
    outputs: { conclusion: unusable === undefined ? "success" : "failure", "cache-hit": "false" },
    exitCode: unusable === undefined ? 0 : 1,
    failure: unusable === undefined ? undefined : { message: unusable },
    summary: summary({
      title: `Agent Runner: ${problems === 0 ? "nothing is wrong here" : `${problems} ${problems === 1 ? "problem" : "problems"}`}`,
      facts: findings.map(({ about, state, says, next }) => [
        about,
        prose(
          `${state === "ok" ? "" : `${state}: `}${says}${next === undefined ? "" : `. Next: ${next}`}`,
        ),
      ]),
      layers: [],
      spans: [],
      warnings: [],
    }),
  };
}
