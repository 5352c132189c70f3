import { readdirSync, readFileSync } from "node:fs";
import type { AgentEvent, ApiProblem, StreamReader } from "../../../src/agents/agent.ts";

const folder = new URL("../../fixtures/agents/", import.meta.url);

/** The lines of what a real tool wrote: `claude-2.1.332-success.jsonl`. */
export function linesOf(file: string): string[] {
  return readFileSync(new URL(file, folder), "utf8")
    .split("\n")
    .filter((line) => line !== "");
}

export function filesOf(tool: string, ending: ".jsonl" | ".stderr.txt"): string[] {
  return readdirSync(folder).filter((name) => name.startsWith(`${tool}-`) && name.endsWith(ending));
}

/** Everything a stream says, and the lines of it that the reader does not know. */
export function readAll(
  reader: StreamReader,
  lines: readonly string[],
): { events: AgentEvent[]; unknown: string[] } {
  const unknown: string[] = [];
  const events = lines.flatMap((line) => {
    const read = reader.read(line);
    if (read === undefined) unknown.push(line);
    return read ?? [];
  });
  return { events, unknown };
}

export function problemsOf(events: readonly AgentEvent[]): ApiProblem[] {
  return events.flatMap((event) => (event.kind === "error" ? [event.problem] : []));
}

export function endOf(events: readonly AgentEvent[]): Extract<AgentEvent, { kind: "end" }> {
  const end = events.at(-1);
  if (end?.kind !== "end") throw new Error(`the last event is ${JSON.stringify(end)}`);
  return end;
}

/** The cases that every tool was run through, and what each must be told as. */
export const faults = [
  ["wrong-key", "wrong key"],
  ["rate-limit", "rate limit"],
  ["overloaded", "overloaded"],
  ["no-credit", "no credit"],
  ["cut", "connection"],
] as const;
