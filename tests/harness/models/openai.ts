/** A stand-in of OpenAI's Responses API (streamed), as Codex uses it: three turns, a shell command, a file. */
import * as z from "zod";
import {
  failing,
  type Model,
  type ModelOptions,
  says,
  sendEvents,
  sendJson,
  startModel,
} from "./server.ts";

/** Status, and the body's `type`, `code` and message, as the API documents and sends them. */
const refusals = {
  "wrong key": [
    401,
    "invalid_request_error",
    "invalid_api_key",
    "Incorrect API key provided: sk-test.",
  ],
  "rate limit": [
    429,
    "tokens",
    "rate_limit_exceeded",
    "Rate limit reached for gpt-5.4 in organization org-test on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.",
  ],
  "no credit": [
    429,
    "insufficient_quota",
    "insufficient_quota",
    "You exceeded your current quota, please check your plan and billing details.",
  ],
  overloaded: [
    503,
    "server_error",
    "server_is_overloaded",
    "Our servers are currently overloaded. Please try again later.",
  ],
} as const;

/** What of a request decides the answer. */
const requestSchema = z.looseObject({
  model: z.string().catch("stand-in"),
  input: z.array(z.looseObject({ type: z.string().optional() })).catch([]),
  text: z.looseObject({ format: z.looseObject({ type: z.string() }).optional() }).optional(),
});
type Request = z.infer<typeof requestSchema>;

/** What the model says or calls. */
type Item =
  | { type: "message"; text: string }
  | { type: "function_call"; name: string; arguments: string }
  | { type: "custom_tool_call"; name: string; input: string };

export function startOpenAi(options: ModelOptions = {}): Promise<Model> {
  const faultNow = failing(options);
  return startModel((asked, response) => {
    if (!asked.path.startsWith("/v1/responses")) {
      sendJson(response, asked.path.startsWith("/v1/models") ? 200 : 404, { data: [], models: [] });
    } else if (asked.method !== "POST") {
      // Codex asks for a WebSocket first; this answer sends it to the way without one.
      sendJson(response, 426, {});
    } else {
      const request = requestSchema.parse(asked.body);
      const turn = turnOf(request);
      const fault = faultNow(turn === 1);
      if (fault !== undefined && fault !== "cut") {
        const [status, type, code, message] = refusals[fault];
        sendJson(response, status, { error: { message, type, param: null, code } });
      } else {
        const events = eventsOf(request.model, turn, itemsOf(request, turn, options));
        sendEvents(response, events, fault === "cut");
      }
    }
  }, options.host);
}

/**
 * Each answer of a tool is one turn further, since the last message that no call followed: that one ended
 * a conversation which is resumed. (A prompt would not do: tools put in what looks like one.)
 */
function turnOf({ input }: Request): number {
  const end = input.findLastIndex(
    ({ role }, index) => role === "assistant" && !input[index + 1]?.type?.endsWith("_call"),
  );
  return input.slice(end + 1).filter(({ type }) => type?.endsWith("_call_output")).length;
}

function itemsOf(request: Request, turn: number, options: ModelOptions): Item[] {
  if (turn === 0) {
    return [{ type: "message", text: says.first }, shell(request, says.command)];
  }
  if (turn === 1) {
    return [
      { type: "message", text: says.second },
      writeFile(request, options.content ?? says.content),
    ];
  }
  const text =
    request.text?.format?.type === "json_schema"
      ? JSON.stringify(options.structured ?? says.structured)
      : (options.message ?? says.message);
  return [{ type: "message", text }];
}

/** The shell has had several names and forms; the request says which one this version takes. */
function shell(request: Request, command: string): Item {
  const call = (name: string, input: object): Item => ({
    type: "function_call",
    name,
    arguments: JSON.stringify(input),
  });
  if (has(request, "exec_command")) {
    return call("exec_command", { cmd: command });
  }
  if (has(request, "shell_command")) {
    return call("shell_command", { command });
  }
  if (has(request, "bash")) {
    return call("bash", { command, description: "A command" });
  }
  if (has(request, "exec")) {
    const input = `text(await tools.exec_command({ cmd: ${JSON.stringify(command)} }))`;
    return { type: "custom_tool_call", name: "exec", input };
  }
  return call("shell", { command: ["bash", "-c", command] });
}

/** By the tool for patches where there is one, else through the shell, which knows patches as well. */
function writeFile(request: Request, content: string): Item {
  const lines = content.trimEnd().split("\n");
  const added = lines.map((line) => `+${line}`).join("\n");
  const patch = `*** Begin Patch\n*** Add File: answer.txt\n${added}\n*** End Patch\n`;
  if (has(request, "apply_patch")) {
    return { type: "custom_tool_call", name: "apply_patch", input: patch };
  }
  return shell(request, `apply_patch <<'PATCH'\n${patch}PATCH`);
}

/** Tools stand in the request's own list or, in later versions of Codex, in an item of its input, in groups. */
function has(request: Request, name: string): boolean {
  const names = (tool: unknown): unknown[] => {
    const { name, tools } = z.looseObject({ tools: z.array(z.unknown()).catch([]) }).parse(tool);
    return [name, ...tools.flatMap(names)];
  };
  return [request, ...request.input].flatMap(names).includes(name);
}

function eventsOf(model: string, turn: number, items: readonly Item[]) {
  const usage = {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 20 },
    output_tokens: 10,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 110,
  };
  const head = { id: `resp_${turn}`, object: "response", model };
  const output = items.map((item, index) => fullItem(item, `${turn}_${index}`));
  return [
    event("response.created", { response: { ...head, status: "in_progress", output: [] } }),
    ...output.flatMap((item, output_index) => [
      event("response.output_item.added", { output_index, item: opened(item) }),
      ...deltas(item, output_index),
      event("response.output_item.done", { output_index, item }),
    ]),
    event("response.completed", { response: { ...head, status: "completed", output, usage } }),
  ];
}

/** What `item` looks like before its text has come. */
function opened(item: FullItem) {
  return { ...item, status: "in_progress", ...("content" in item ? { content: [] } : {}) };
}

/** A message's text, as it comes: in pieces. */
function deltas(item: FullItem, output_index: number) {
  const [content] = "content" in item ? item.content : [];
  if (content === undefined) {
    return [];
  }
  const at = { item_id: item.id, output_index, content_index: 0 };
  return [
    event("response.content_part.added", { ...at, part: { ...content, text: "" } }),
    ...content.text
      .split(/(?<= )/)
      .map((delta) => event("response.output_text.delta", { ...at, delta })),
    event("response.output_text.done", { ...at, text: content.text }),
  ];
}

type FullItem = ReturnType<typeof fullItem>;

function fullItem(item: Item, id: string) {
  return item.type === "message"
    ? {
        type: "message",
        id: `msg_${id}`,
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text: item.text, annotations: [] }],
      }
    : { ...item, id: `fc_${id}`, call_id: `call_${id}`, status: "completed" };
}

function event(type: string, data: object) {
  return { event: type, data: { type, ...data } };
}
