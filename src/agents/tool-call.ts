import { z } from "zod";
import type { AgentEvent } from "./agent.ts";

const input = z.record(z.string(), z.unknown());

/** What tells most of a call, best first: the names that the tools give to what they work on. */
const telling = [
  "command",
  "file_path",
  "absolute_path",
  "path",
  "dir_path",
  "pattern",
  "url",
  "query",
  "skill",
  "description",
  "prompt",
] as const;

/** A call in one event: its most telling argument on the line, everything in the folded group. */
export function toolCall(name: string, given: unknown): AgentEvent {
  const parsed = input.safeParse(given);
  const values = parsed.success ? parsed.data : {};
  const best = telling.find((key) => typeof values[key] === "string" && values[key] !== "");
  const entries = Object.entries(values);
  const whole =
    best === undefined ? (entries.length > 0 ? JSON.stringify(values) : "") : text(values[best]);
  const summary = short(whole);
  // what describes a call is not needed beside what it does
  const rest = entries.filter(([key]) => key !== best && key !== "description");
  if (summary === whole && (rest.length === 0 || best === undefined)) {
    return { kind: "tool", name, summary };
  }
  const told = summary === whole ? rest : entries;
  const detail = told.map(([key, value]) => `${key}: ${text(value)}`).join("\n");
  return { kind: "tool", name, summary, detail };
}

function text(value: unknown): string {
  return (typeof value === "string" ? value : JSON.stringify(value)).trimEnd();
}

/** The first line, at most 120 characters. */
function short(whole: string): string {
  const [line = ""] = whole.split("\n");
  const cut = line.length > 120 ? line.slice(0, 119) : line;
  return cut === whole ? cut : `${cut.trimEnd()}…`;
}
