/** A stand-in of the Messages API (streamed), as Claude Code uses it: three turns, one shell command, one file. */
import {
  type Asked,
  type Model,
  type ModelOptions,
  said,
  sendEvents,
  sendJson,
  startModel,
  type Turn,
} from "./server.ts";

const failures = {
  "wrong key": [401, "authentication_error", "invalid x-api-key"],
  "rate limit": [
    429,
    "rate_limit_error",
    "This request would exceed your account's rate limit. Please try again later.",
  ],
  "no credit": [
    400,
    "invalid_request_error",
    "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
  ],
  overloaded: [529, "overloaded_error", "Overloaded"],
} as const;

export function startAnthropic(options: ModelOptions = {}): Promise<Model> {
  return startModel(options, turnOf, respond, (fault, response) => {
    const [status, type, message] = failures[fault];
    sendJson(response, status, { type: "error", error: { type, message }, request_id: "req_1" });
  });
}

/** Each answer of a tool is one turn further. */
function turnOf(body: Asked["body"]): number {
  const messages: { content?: unknown }[] = body?.messages ?? [];
  return messages
    .flatMap(({ content }) => (Array.isArray(content) ? content : []))
    .filter(({ type }) => type === "tool_result").length;
}

function respond(asked: Asked, turn: Turn, response: Parameters<typeof sendEvents>[0]): void {
  if (asked.path.includes("count_tokens")) {
    sendJson(response, 200, { input_tokens: 100 });
    return;
  }
  if (!asked.path.startsWith("/v1/messages")) {
    sendJson(response, 200, {});
    return;
  }
  const blocks = contentOf(asked, turn);
  const stop = blocks.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn";
  const usage = { input_tokens: 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 20 };
  if (asked.body.stream !== true) {
    const message = { id: "msg_1", type: "message", role: "assistant", model: asked.body.model };
    const whole = {
      stop_reason: stop,
      stop_sequence: null,
      usage: { ...usage, output_tokens: 10 },
    };
    sendJson(response, 200, { ...message, content: blocks, ...whole });
    return;
  }
  sendEvents(response, eventsOf(asked.body.model, blocks, stop, usage), turn.cut);
}

type Block =
  | { type: "text"; text: string }
  | { type: "tool_use"; id: string; name: string; input: unknown };

function contentOf(asked: Asked, { number, file, answer }: Turn): Block[] {
  const tools: string[] = (asked.body.tools ?? []).map(({ name }: { name: string }) => name);
  const use = (name: string, input: unknown): Block => ({
    type: "tool_use",
    id: `toolu_${number}`,
    name,
    input,
  });
  if (!tools.includes("Bash")) {
    return [{ type: "text", text: "A title" }]; // a side question, not the conversation
  }
  if (number === 0) {
    return [
      { type: "text", text: said.first },
      use("Bash", { command: "pwd", description: "Where" }),
    ];
  }
  if (number === 1) {
    const cwd = /Primary working directory: (\S+)|Working directory: (\S+)/.exec(
      JSON.stringify(asked.body).replaceAll("\\n", "\n"),
    );
    const folder = cwd?.[1] ?? cwd?.[2] ?? "/workspace";
    return [
      { type: "text", text: said.second },
      use("Write", { file_path: `${folder}/${file.name}`, content: file.text }),
    ];
  }
  if (tools.includes("StructuredOutput") && number === 2) {
    return [use("StructuredOutput", { answer })];
  }
  return [{ type: "text", text: answer }];
}

function eventsOf(model: string, blocks: Block[], stop: string, usage: object) {
  const message = { id: "msg_1", type: "message", role: "assistant", model, content: [] };
  const open = { stop_reason: null, stop_sequence: null, usage: { ...usage, output_tokens: 1 } };
  const event = (type: string, data: object) => ({ event: type, data: { type, ...data } });
  return [
    event("message_start", { message: { ...message, ...open } }),
    ...blocks.flatMap((block, index) => [
      event("content_block_start", {
        index,
        content_block: block.type === "text" ? { type: "text", text: "" } : { ...block, input: {} },
      }),
      event("content_block_delta", {
        index,
        delta:
          block.type === "text"
            ? { type: "text_delta", text: block.text }
            : { type: "input_json_delta", partial_json: JSON.stringify(block.input) },
      }),
      event("content_block_stop", { index }),
    ]),
    event("message_delta", {
      delta: { stop_reason: stop, stop_sequence: null },
      usage: { output_tokens: 10 },
    }),
    event("message_stop", {}),
  ];
}
