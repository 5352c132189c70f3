import { z } from "zod";
import { parseJson } from "../log/json.ts";
import type { AgentEvent, StreamReader, Usage } from "./agent.ts";
import { apiProblem, messageOf } from "./api-problem.ts";
import { count, text } from "./fields.ts";
import { toolCall } from "./tool-call.ts";

const part = z.looseObject({
  type: z.string(),
  text: text,
  name: text,
  input: z.unknown().optional(),
  content: z.unknown().optional(),
  is_error: z.boolean().nullish().catch(undefined),
});
type Part = z.infer<typeof part>;

const message = z.looseObject({
  model: text,
  content: z.union([z.string(), z.array(part)]),
  stop_reason: z.string().nullish().catch(undefined),
});

const line = z.looseObject({
  type: z.string(),
  subtype: text,
  session_id: text,
  model: text,
  claude_code_version: text,
  message: z.unknown().optional(),
  // a refusal of the API, in an `assistant` line of its own (2.0.77 has `error` alone, 2.0.0 neither)
  is_api_error_message: z.boolean().optional().catch(undefined),
  api_error_status: z.number().nullish().catch(undefined),
  // `system`, `api_retry`
  error_status: z.number().nullish().catch(undefined),
  error: z.unknown().optional(),
  attempt: count,
  max_retries: count,
  retry_delay_ms: count,
  // `result`
  is_error: z.boolean().optional().catch(undefined),
  result: text,
  errors: z.array(z.string()).optional().catch(undefined),
  structured_output: z.unknown().optional(),
  stop_reason: z.string().nullish().catch(undefined),
  num_turns: count,
  duration_ms: count,
  total_cost_usd: count,
  usage: z
    .looseObject({
      input_tokens: count,
      cache_creation_input_tokens: count,
      cache_read_input_tokens: count,
      output_tokens: count,
    })
    .optional()
    .catch(undefined),
});
type Line = z.infer<typeof line>;

/** What the tool itself writes in the model's place: a refusal of the API. */
const refusal = /^(?:API Error\b|Invalid API key|Credit balance|Not logged in|Please run \/login)/;

/** The lines that say nothing to a person: parts of what comes as a whole, and the tool's own business. */
const quiet = new Set(["stream_event", "rate_limit_event", "tool_progress", "control_request"]);

/**
 * Reads `claude --print --verbose --output-format stream-json`, tried with 2.0.0, 2.0.77 and 2.1.332.
 * Tokens that came from the cache count as input too, as the other tools count them.
 */
export function claudeReader(): StreamReader {
  // 2.0.0 takes a broken stream for its end and exits 0; only the missing reason to stop tells
  let ended: { readonly reason: string | null | undefined } | undefined;
  let old = false;

  function assistant({ message: given, ...said }: Line): AgentEvent[] | undefined {
    const parsed = message.safeParse(given);
    if (!parsed.success) {
      return undefined;
    }
    const { content, model, stop_reason } = parsed.data;
    ended = { reason: stop_reason };
    return parts(content).flatMap((one): AgentEvent[] => {
      if (one.type === "tool_use") {
        return [toolCall(one.name ?? "a tool", one.input)];
      }
      const text = one.type === "text" ? (one.text ?? "") : "";
      if (text.trim() === "") {
        return [];
      }
      const refused =
        said.is_api_error_message === true ||
        (model === "<synthetic>" && (typeof said.error === "string" || refusal.test(text)));
      return refused
        ? [{ kind: "error", problem: apiProblem(text, said.api_error_status ?? undefined) }]
        : [{ kind: "text", text }];
    });
  }

  function end(said: Line): AgentEvent {
    const cut = old && ended?.reason === null && !("stop_reason" in said);
    const failed = cut
      ? "the connection to the API was cut in the middle of an answer"
      : failure(said);
    const { num_turns, duration_ms, total_cost_usd } = said;
    return {
      kind: "end",
      ...(said.result !== undefined && failed === undefined && { message: said.result }),
      ...(said.structured_output !== undefined && { structured: said.structured_output }),
      usage: {
        ...tokens(said.usage),
        ...(total_cost_usd !== undefined && { cost: total_cost_usd }),
        ...(num_turns !== undefined && { turns: num_turns }),
        ...(duration_ms !== undefined && { seconds: duration_ms / 1000 }),
      },
      ...(failed !== undefined && { failed }),
    };
  }

  return {
    read(text) {
      const parsed = line.safeParse(parseJson(text));
      if (!parsed.success) {
        return undefined;
      }
      const said = parsed.data;
      switch (said.type) {
        case "system":
          old ||= said.subtype === "init" && said.claude_code_version === undefined;
          return system(said);
        case "assistant":
          return assistant(said);
        case "user":
          return results(said.message);
        case "result":
          return [end(said)];
        default:
          return quiet.has(said.type) ? [] : undefined;
      }
    },
  };
}

function system(said: Line): AgentEvent[] {
  if (said.subtype === "init" && said.session_id !== undefined) {
    const { session_id: id, model } = said;
    return [{ kind: "session", id, ...(model !== undefined && { model }) }];
  }
  if (said.subtype === "api_retry") {
    const { error_status, error, attempt, max_retries, retry_delay_ms = 0 } = said;
    const name = typeof error === "string" ? error.replaceAll("_", " ") : "unknown";
    const what = error_status == null ? "Connection error" : `${error_status} ${name}`;
    const seconds = (retry_delay_ms / 1000).toFixed(1);
    const problem = apiProblem(
      `${what}; it tries again in ${seconds} s (${attempt ?? "?"} of ${max_retries ?? "?"})`,
      error_status ?? undefined,
    );
    return [{ kind: "error", problem }];
  }
  return [];
}

function results(given: unknown): AgentEvent[] | undefined {
  const parsed = message.safeParse(given);
  if (!parsed.success) {
    return undefined;
  }
  return parts(parsed.data.content).flatMap((one): AgentEvent[] => {
    if (one.type !== "tool_result") {
      return [];
    }
    const inner = z.union([z.string(), z.array(part)]).safeParse(one.content);
    const text = inner.success
      ? parts(inner.data)
          .map(({ text }) => text ?? "")
          .join("\n")
      : "";
    const plain = text.replace(/^<tool_use_error>([\s\S]*)<\/tool_use_error>$/, "$1");
    return [{ kind: "result", text: plain, failed: one.is_error === true }];
  });
}

function parts(content: string | readonly Part[]): readonly Part[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

/** Why a run failed; its `subtype` is `success` when the API refused. */
function failure({ subtype, is_error, result, errors }: Line): string | undefined {
  if (is_error !== true && subtype === "success") {
    return undefined;
  }
  // 2.1 says it in words that do not name the setting, 2.0 in none
  if (subtype === "error_max_budget_usd") {
    return "it reached the limit of what it may cost (`agent-max-cost`)";
  }
  const said = errors?.join("; ") || result;
  if (said !== undefined && said !== "") {
    return apiProblem(said).message;
  }
  return subtype === "error_max_turns"
    ? "it reached its limit of turns"
    : messageOf((subtype ?? "an error without a name").replaceAll("_", " "));
}

function tokens(usage: Line["usage"]): Usage {
  const { cache_read_input_tokens: cached = 0, cache_creation_input_tokens: stored = 0 } =
    usage ?? {};
  return {
    ...(usage?.input_tokens !== undefined && { input: usage.input_tokens + cached + stored }),
    ...(usage?.cache_read_input_tokens !== undefined && { cached }),
    ...(usage?.output_tokens !== undefined && { output: usage.output_tokens }),
  };
}
