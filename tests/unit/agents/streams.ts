import type { Agent, AgentEvent } from "../../../src/agents/agent.ts";
import { linesOf, readAll } from "./fixtures.ts";

/** All events of a recorded stream. Every line of it must be known. */
export function eventsOf(agent: Agent, name: string): AgentEvent[] {
  const { events, unknown } = readAll(agent.reader(), linesOf(`${agent.name}-${name}.jsonl`));
  if (unknown.length > 0) {
    throw new Error(`unknown lines:\n${unknown.join("\n")}`);
  }
  return events;
}

export function only<K extends AgentEvent["kind"]>(
  events: readonly AgentEvent[],
  kind: K,
): Extract<AgentEvent, { kind: K }>[] {
  return events.filter((event): event is Extract<AgentEvent, { kind: K }> => event.kind === kind);
}
