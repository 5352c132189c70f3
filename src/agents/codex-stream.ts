import { z } from "zod";
import { parseJson } from "../log/json.ts";
import type { AgentEvent, StreamReader, Usage } from "./agent.ts";
import { count } from "./fields.ts";
import { openaiProblem } from "./openai-problem.ts";
import { toolCall } from "./tool-call.ts";

const text = z.string().catch("");

const item = z.looseObject({
  id: text,
  type: z.string(),
  text,
  message: text,
  command: text,
  aggregated_output: text,
  exit_code: z.number().nullish().catch(undefined),
  status: text,
  query: text,
  server: text,
  tool: text,
  arguments: z.unknown().optional(),
  error: z.looseObject({ message: text }).nullish().catch(undefined),
  changes: z.array(z.looseObject({ path: text, kind: text })).catch([]),
});
type Item = z.infer<typeof item>;

const line = z.looseObject({
  type: z.string(),
  thread_id: z.string().optional().catch(undefined),
  message: text,
  item: item.optional().catch(undefined),
  error: z.looseObject({ message: text }).nullish().catch(undefined),
  usage: z
    .looseObject({ input_tokens: count, cached_input_tokens: count, output_tokens: count })
    .optional()
    .catch(undefined),
});
type Line = z.infer<typeof line>;

/**
 * Reads `codex exec --json`, tried with 0.100.0 and 0.171.0. Its tokens are the thread's: after a
 * resumption, what came before is in them. Cached tokens are part of the input.
 */
export function codexReader(): StreamReader {
  /** The items that were told when they began. */
  const begun = new Set<string>();
  let answer: string | undefined;
  let problem: string | undefined;

  /** One line a problem, however often it tries again: "Reconnecting... 2/5 (the same words)". */
  function failing(said: string): AgentEvent[] {
    const words = /^Reconnecting\.\.\. \d+\/\d+ \((.*)\)$/s.exec(said)?.[1] ?? said;
    if (words === problem) {
      return [];
    }
    problem = words;
    return [{ kind: "error", problem: openaiProblem(words) }];
  }

  function completed(one: Item): AgentEvent[] | undefined {
    if (one.type === "agent_message") {
      answer = one.text;
      return one.text.trim() === "" ? [] : [{ kind: "text", text: one.text }];
    }
    const call = begun.delete(one.id) ? [] : started(one);
    return call && [...call, ...resultOf(one)];
  }

  function end({ type, usage, error }: Line): AgentEvent {
    const failed = type === "turn.failed" ? openaiProblem(error?.message ?? "").message : undefined;
    const structured = answer === undefined ? undefined : objectIn(answer);
    return {
      kind: "end",
      ...(answer !== undefined && failed === undefined && { message: answer }),
      ...(structured !== undefined && failed === undefined && { structured }),
      ...(usage !== undefined && { usage: tokens(usage) }),
      ...(failed !== undefined && { failed: failed || "it does not say why" }),
    };
  }

  return {
    read(given) {
      const parsed = line.safeParse(parseJson(given));
      if (!parsed.success) {
        return undefined;
      }
      const said = parsed.data;
      switch (said.type) {
        case "thread.started":
          return said.thread_id === undefined
            ? undefined
            : [{ kind: "session", id: said.thread_id }];
        case "item.started": {
          const events = said.item && started(said.item);
          if (said.item && events) {
            begun.add(said.item.id);
          }
          return events;
        }
        case "item.completed":
          return said.item && completed(said.item);
        case "turn.started":
        case "item.updated":
          return [];
        case "error":
          return failing(said.message);
        case "turn.failed":
          return [...failing(said.error?.message ?? ""), end(said)];
        case "turn.completed":
          return [end(said)];
        default:
          return undefined;
      }
    },
  };
}

/** What it does, as it begins; undefined for a kind of item that is not known. */
function started(one: Item): AgentEvent[] | undefined {
  switch (one.type) {
    case "command_execution":
      return [toolCall("shell", { command: unwrapped(one.command) })];
    case "file_change": {
      const changes = one.changes.map(({ kind, path }) => `${kind} ${path}`);
      return [toolCall("edit", { path: changes.join("\n") })];
    }
    case "mcp_tool_call":
      return [toolCall(`${one.server}.${one.tool}`, one.arguments)];
    case "web_search":
      return [toolCall("web search", { query: one.query })];
    case "agent_message":
    case "reasoning":
    case "todo_list":
    case "collab_tool_call":
      return [];
    // a warning of the tool itself: the run goes on
    case "error":
      return [{ kind: "note", text: one.message }];
    default:
      return undefined;
  }
}

function resultOf(one: Item): AgentEvent[] {
  const failed = one.status === "failed" || one.status === "declined";
  switch (one.type) {
    case "command_execution":
      return [{ kind: "result", text: one.aggregated_output, failed: failed || !!one.exit_code }];
    case "mcp_tool_call":
    case "file_change":
      return failed ? [{ kind: "result", text: one.error?.message ?? "", failed }] : [];
    default:
      return [];
  }
}

/** The command without the login shell around it: `/bin/bash -lc 'npm test'` */
function unwrapped(command: string): string {
  const inner = /^\S*sh -l?c ('|")(.*)\1$/s.exec(command);
  return inner?.[2]?.replaceAll(`'\\''`, "'") ?? command;
}

/** The answer as JSON, when it is an object or a list: with a schema it is nothing else. */
function objectIn(answer: string): unknown {
  const value = parseJson(answer);
  return typeof value === "object" && value !== null ? value : undefined;
}

function tokens(usage: NonNullable<Line["usage"]>): Usage {
  const { input_tokens: input, cached_input_tokens: cached, output_tokens: output } = usage;
  return {
    ...(input !== undefined && { input }),
    ...(cached !== undefined && { cached }),
    ...(output !== undefined && { output }),
  };
}
