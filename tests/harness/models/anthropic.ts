/**
 * A stand-in of Anthropic's Messages API, as far as Claude Code uses it: a conversation of three turns,
 * streamed. https://docs.claude.com/en/api/messages-streaming has the events.
 */
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import * as z from "zod";
import {
  type Fault,
  failing,
  type Model,
  type ModelOptions,
  type ServerEvent,
  says,
  sendEvents,
  sendJson,
  startModel,
} from "./server.ts";

const block = z.looseObject({ type: z.string(), content: z.unknown().optional() });
const request = z.looseObject({
  model: z.string(),
  stream: z.boolean().optional(),
  tools: z.array(z.looseObject({ name: z.string().optional() })).default([]),
  messages: z.array(
    z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(block)]) }),
  ),
});
type Request = z.infer<typeof request>;

type Block =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "tool_use";
      readonly id: string;
      readonly name: string;
      readonly input: object;
    };

/** What the API says to each fault: status, type, message. */
const refusals: Readonly<Record<Exclude<Fault, "cut">, readonly [number, string, string]>> = {
  "wrong key": [401, "authentication_error", "invalid x-api-key"],
  "rate limit": [
    429,
    "rate_limit_error",
    "This request would exceed your organization's rate limit of 30,000 input tokens per minute. For details, refer to: https://docs.claude.com/en/api/rate-limits.",
  ],
  "no credit": [
    400,
    "invalid_request_error",
    "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
  ],
  overloaded: [529, "overloaded_error", "Overloaded"],
};

const inputUsage = {
  input_tokens: 120,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 40,
};

/** Starts it. Its `url` is what `ANTHROPIC_BASE_URL` takes. */
export function startAnthropic(options: ModelOptions = {}): Promise<Model> {
  const fails = failing(options);
  return startModel((asked, response) => {
    const parsed = request.safeParse(asked.body);
    if (asked.method !== "POST" || !parsed.success) {
      // it looks whether somebody is there before it asks
      response.writeHead(asked.method === "HEAD" ? 200 : 404).end();
    } else if (asked.path.startsWith("/v1/messages/count_tokens")) {
      sendJson(response, 200, { input_tokens: inputUsage.input_tokens });
    } else {
      answer(parsed.data, response, options, fails);
    }
  }, options.host);
}

function answer(
  { model, messages, tools, stream }: Request,
  response: ServerResponse,
  options: ModelOptions,
  fails: (cutTurn: boolean) => Fault | undefined,
): void {
  const names = tools.map(({ name }) => name);
  const results = resultsOf(messages);
  if (options.hangs && results.length === 2) return;
  const blocks = turn(names, results, options);
  const fault = fails(results.length === 1 && names.includes("Write"));
  if (fault !== undefined && fault !== "cut") {
    const [status, type, message] = refusals[fault];
    const body = { type: "error", error: { type, message }, request_id: "req_1" };
    sendJson(response, status, body, { "request-id": "req_1" });
    return;
  }
  const stop = blocks.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn";
  const message = { id: `msg_${results.length + 1}`, type: "message", role: "assistant", model };
  if (stream === true) {
    sendEvents(response, streamed(message, blocks, stop), fault === "cut");
  } else {
    const end = { stop_reason: stop, stop_sequence: null };
    const usage = { ...inputUsage, output_tokens: 15 };
    const whole = { ...message, content: blocks, ...end, usage };
    if (fault === "cut") {
      // it asks so after a stream that broke
      response.writeHead(200, { "content-type": "application/json", "content-length": "4096" });
      response.write(JSON.stringify(whole).slice(0, 100), () => response.destroy());
    } else {
      sendJson(response, 200, whole);
    }
  }
}

/** What the tools have answered since the last finished conversation: a resumed one starts anew. */
function resultsOf(messages: Request["messages"]): z.infer<typeof block>[] {
  const blocks = (content: Request["messages"][number]["content"]) =>
    typeof content === "string" ? [] : content;
  const finished = messages.findLastIndex(
    ({ role, content }) =>
      role === "assistant" && !blocks(content).some(({ type }) => type === "tool_use"),
  );
  return messages
    .slice(finished + 1)
    .flatMap(({ content }) => blocks(content))
    .filter(({ type }) => type === "tool_result");
}

function turn(
  tools: readonly (string | undefined)[],
  results: readonly z.infer<typeof block>[],
  { content = says.content, message = says.message, structured = says.structured }: ModelOptions,
): Block[] {
  const use = (name: string, input: object): Block => ({
    type: "tool_use",
    // a resumed conversation drops a call whose number it has seen
    id: `toolu_${randomUUID()}`,
    name,
    input,
  });
  // a side question (a title, a summary) brings no tools
  if (!tools.includes("Write")) {
    return [{ type: "text", text: "A title" }];
  }
  if (results.length === 0) {
    return [
      { type: "text", text: says.first },
      use("Bash", { command: says.command, description: "Look around" }),
    ];
  }
  if (results.length === 1) {
    const [folder = ""] = JSON.stringify(results[0]?.content).match(/\/[^"\\]*/) ?? [];
    return [
      { type: "text", text: says.second },
      use("Write", { file_path: `${folder}/answer.txt`, content }),
    ];
  }
  if (results.length === 2 && tools.includes("StructuredOutput")) {
    return [use("StructuredOutput", structured)];
  }
  return [{ type: "text", text: message }];
}

function streamed(message: object, blocks: readonly Block[], stop: string): ServerEvent[] {
  const event = (type: string, data: object = {}): ServerEvent => ({
    event: type,
    data: { type, ...data },
  });
  const usage = { ...inputUsage, output_tokens: 1 };
  const start = { ...message, content: [], stop_reason: null, stop_sequence: null, usage };
  return [
    event("message_start", { message: start }),
    ...blocks.flatMap((block, index) => {
      const text = block.type === "text";
      return [
        event("content_block_start", {
          index,
          content_block: text ? { ...block, text: "" } : { ...block, input: {} },
        }),
        event("content_block_delta", {
          index,
          delta: text
            ? { type: "text_delta", text: block.text }
            : { type: "input_json_delta", partial_json: JSON.stringify(block.input) },
        }),
        event("content_block_stop", { index }),
      ];
    }),
    event("message_delta", {
      delta: { stop_reason: stop, stop_sequence: null },
      usage: { output_tokens: 15 },
    }),
    event("message_stop"),
  ];
}
