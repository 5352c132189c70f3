import { z } from "zod";
import { parseJson } from "../log/json.ts";
import type { AgentEvent, StreamReader } from "./agent.ts";
import { apiProblem, messageOf } from "./api-problem.ts";
import { count, text } from "./fields.ts";
import { toolCall } from "./tool-call.ts";

const line = z.looseObject({
  type: z.string(),
  session_id: text,
  model: text,
  role: text,
  content: text,
  delta: z.boolean().optional().catch(undefined),
  tool_name: text,
  parameters: z.unknown().optional(),
  status: text,
  output: text,
  severity: text,
  message: text,
  error: z.looseObject({ message: text }).optional().catch(undefined),
  stats: z
    .looseObject({
      input_tokens: count,
      cached: count,
      output_tokens: count,
      duration_ms: count,
    })
    .optional()
    .catch(undefined),
});
type Line = z.infer<typeof line>;

/**
 * Reads `gemini --output-format stream-json`, tried with 0.30.0 and 0.61.0. It sends an answer in pieces
 * and repeats it nowhere, so pieces are kept until something else comes, and the last text is the answer.
 */
export function geminiReader(): StreamReader {
  let pieces = "";
  let answer: string | undefined;

  /** What it has said so far, as one text. */
  function said(): AgentEvent[] {
    const text = pieces;
    pieces = "";
    if (text.trim() === "") {
      return [];
    }
    answer = text;
    return [{ kind: "text", text }];
  }

  function end({ status, error, stats }: Line): AgentEvent[] {
    const before = said();
    const problem = status === "success" ? undefined : apiProblem(inBrackets(error?.message));
    return [
      ...before,
      ...(problem !== undefined && fromApi(error?.message) ? [errorOf(problem)] : []),
      {
        kind: "end",
        ...(problem === undefined && answer !== undefined && { message: answer }),
        usage: {
          ...(stats?.input_tokens !== undefined && { input: stats.input_tokens }),
          ...(stats?.cached !== undefined && { cached: stats.cached }),
          ...(stats?.output_tokens !== undefined && { output: stats.output_tokens }),
          ...(stats?.duration_ms !== undefined && { seconds: stats.duration_ms / 1000 }),
        },
        ...(problem !== undefined && { failed: problem.message }),
      },
    ];
  }

  function read(one: Line): AgentEvent[] | undefined {
    switch (one.type) {
      case "init":
        return one.session_id === undefined
          ? undefined
          : [
              {
                kind: "session",
                id: one.session_id,
                ...(one.model !== undefined && { model: one.model }),
              },
            ];
      case "message": {
        // the prompt comes back as the user's message
        if (one.role !== "assistant") {
          return said();
        }
        const before = one.delta === true ? [] : said();
        pieces += one.content ?? "";
        return before;
      }
      case "tool_use":
        return [...said(), toolCall(one.tool_name ?? "a tool", one.parameters)];
      case "tool_result": {
        const failed = one.status === "error";
        const text = one.output ?? one.error?.message ?? "";
        return [...said(), { kind: "result", text, failed }];
      }
      case "error": {
        const problem = apiProblem(inBrackets(one.message));
        // "Loop detected" and the like: a warning that is nobody's refusal
        return problem.kind === "other" && one.severity === "warning"
          ? [...said(), { kind: "note", text: messageOf(one.message ?? "a warning") }]
          : [...said(), errorOf(problem)];
      }
      case "result":
        return end(one);
      default:
        return undefined;
    }
  }

  return {
    read(text) {
      const parsed = line.safeParse(parseJson(text));
      return parsed.success ? read(parsed.data) : undefined;
    },
  };
}

function errorOf(problem: ReturnType<typeof apiProblem>): AgentEvent {
  return { kind: "error", problem };
}

function fromApi(message = ""): boolean {
  return message.startsWith("[API Error") || apiProblem(message).kind !== "other";
}

/** `[API Error: …]` and what it advises on the next line: only what the API said. */
export function inBrackets(message = "it gave no reason"): string {
  return /^\[API Error: ([\s\S]*?)\](?:\n[^\]]*)?$/.exec(message)?.[1] ?? message;
}
