import { z } from "zod";
import { parseJson } from "../log/json.ts";
import type { AgentEvent, ApiProblem, StreamReader } from "./agent.ts";
import { count, text } from "./fields.ts";
import { openaiProblem } from "./openai-problem.ts";
import { toolCall } from "./tool-call.ts";

const data = z.looseObject({
  content: text,
  // a subagent's line: its words are no answer to the user
  parentToolCallId: text,
  outputTokens: count,
  toolName: text,
  arguments: z.unknown().optional(),
  success: z.boolean().optional().catch(undefined),
  result: z.looseObject({ content: text }).optional().catch(undefined),
  error: z.looseObject({ message: text }).optional().catch(undefined),
  shellExecution: z.looseObject({ exitCode: count }).optional().catch(undefined),
  message: text,
  errorMessage: text,
  statusCode: count,
});
type Data = z.infer<typeof data>;

const line = z.looseObject({
  type: z.string(),
  timestamp: text,
  ephemeral: z.boolean().optional().catch(undefined),
  data: data.optional().catch(undefined),
  // of `result` alone
  sessionId: text,
  exitCode: count,
});
type Line = z.infer<typeof line>;

/** What stays in a session's file, but says nothing to a person. */
const quiet = new Set(["user.message", "assistant.turn_end", "session.info"]);

/**
 * Reads `copilot --output-format json`, tried with 1.0.22 and 1.0.102. The session's id comes last. Tokens
 * are told by 1.0.22 alone, and only those of the output; no version tells a cost in dollars.
 */
export function copilotReader(): StreamReader {
  let answer: string | undefined;
  let problem: ApiProblem | undefined;
  let output: number | undefined;
  let turns = 0;
  let begin: number | undefined;

  function message({ content = "", parentToolCallId, outputTokens }: Data): AgentEvent[] {
    if (outputTokens !== undefined) {
      output = (output ?? 0) + outputTokens;
    }
    if (content.trim() === "") {
      return [];
    }
    answer = parentToolCallId === undefined ? content : answer;
    return [{ kind: "text", text: content }];
  }

  /** One line a problem, however often it tries again. The last words of several are the reason. */
  function failing(said: string, status?: number): AgentEvent[] {
    const before = problem?.kind;
    // "Failed to get response from the AI model; retried 5 times (…) Last error: CAPIError: 429 …"
    problem = openaiProblem(said.replace(/^.*Last error: (?:CAPIError: )?/s, ""), status);
    return problem.kind === before ? [] : [{ kind: "error", problem }];
  }

  function end({ sessionId, exitCode, timestamp }: Line): AgentEvent[] {
    const failed =
      exitCode === 0 ? undefined : (problem?.message ?? `exit code ${exitCode ?? "?"}`);
    // its own duration begins with the session, which may be days old
    const seconds = (Date.parse(timestamp ?? "") - (begin ?? Number.NaN)) / 1000;
    const last: AgentEvent = {
      kind: "end",
      ...(answer !== undefined && failed === undefined && { message: answer }),
      usage: {
        ...(output !== undefined && { output }),
        turns,
        ...(Number.isFinite(seconds) && { seconds }),
      },
      ...(failed !== undefined && { failed }),
    };
    return sessionId === undefined ? [last] : [{ kind: "session", id: sessionId }, last];
  }

  return {
    read(given) {
      const parsed = line.safeParse(parseJson(given));
      if (!parsed.success) {
        return undefined;
      }
      const { type, timestamp = "", ephemeral, data: said = {} } = parsed.data;
      begin ??= Date.parse(timestamp);
      switch (type) {
        case "assistant.turn_start":
          turns++;
          return [];
        case "assistant.message":
          return message(said);
        case "tool.execution_start":
          return [toolCall(said.toolName ?? "a tool", argumentsOf(said.arguments))];
        case "tool.execution_complete":
          return [resultOf(said)];
        case "model.call_failure":
          return failing(said.errorMessage ?? "the model could not be asked", said.statusCode);
        case "session.error":
          return failing(said.message ?? "it does not say why", said.statusCode);
        case "result":
          return end(parsed.data);
        default:
          // what is not kept in the session's file: pieces of what comes whole, and states
          return ephemeral === true || quiet.has(type) ? [] : undefined;
      }
    },
  };
}

/** A patch comes as text: what it touches tells most of it. */
function argumentsOf(given: unknown): unknown {
  if (typeof given !== "string") {
    return given;
  }
  const files = [...given.matchAll(/^\*\*\* (\w+) File: (.*)$/gm)];
  const path = files.map(([, verb = "", file = ""]) => `${verb.toLowerCase()} ${file}`).join("\n");
  return path === "" ? { command: given } : { path, patch: given };
}

function resultOf({ success, result, error, shellExecution }: Data): AgentEvent {
  const said = result?.content ?? error?.message ?? "";
  // 1.0.22 tells the exit code of a command in these words alone
  const last = /\n?<(?:shellId: \S+ completed|exited) with exit code (\d+)>\s*$/.exec(said);
  const code = shellExecution?.exitCode ?? Number(last?.[1] ?? 0);
  return {
    kind: "result",
    text: last === null ? said : said.slice(0, last.index),
    failed: success === false || code !== 0,
  };
}
