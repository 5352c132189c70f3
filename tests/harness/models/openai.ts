/** A stand-in of the Responses API (streamed), as Codex uses it: three turns, shell commands, one file. */
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
  "wrong key": [
    401,
    "invalid_request_error",
    "invalid_api_key",
    "Incorrect API key provided: sk-test.",
  ],
  "rate limit": [429, "requests", "rate_limit_exceeded", "Rate limit reached for requests."],
  "no credit": [
    429,
    "insufficient_quota",
    "insufficient_quota",
    "You exceeded your current quota, please check your plan and billing details.",
  ],
  overloaded: [503, "server_error", "server_is_overloaded", "The server is currently overloaded."],
} as const;

export function startOpenAi(options: ModelOptions = {}): Promise<Model> {
  return startModel(options, turnOf, respond, (fault, response) => {
    const [status, type, code, message] = failures[fault];
    sendJson(response, status, { error: { message, type, param: null, code } });
  });
}

function turnOf(body: Asked["body"]): number {
  const input: { type?: string }[] = Array.isArray(body?.input) ? body.input : [];
  return input.filter(({ type }) => type?.endsWith("_call_output")).length;
}

type Item =
  | { type: "message"; text: string }
  | { type: "function_call"; name: string; arguments: string }
  | { type: "custom_tool_call"; name: string; input: string };

function respond(asked: Asked, turn: Turn, response: Parameters<typeof sendEvents>[0]): void {
  if (asked.method === "GET" && asked.path.endsWith("/responses")) {
    response.writeHead(426).end(); // a WebSocket is asked for first; the answer is the way without
    return;
  }
  if (!asked.path.endsWith("/responses")) {
    sendJson(response, asked.path.includes("/models") ? 200 : 404, { data: [], models: [] });
    return;
  }
  const items = itemsOf(asked, turn).map((item, index) => fullItem(item, turn.number, index));
  const usage = {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 20 },
    output_tokens: 10,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 110,
  };
  const whole = { id: `resp_${turn.number}`, object: "response", model: asked.body.model };
  const event = (type: string, data: object) => ({ event: type, data: { type, ...data } });
  sendEvents(
    response,
    [
      event("response.created", { response: { ...whole, status: "in_progress" } }),
      ...items.flatMap((item, output_index) => [
        event("response.output_item.added", { output_index, item }),
        event("response.output_item.done", { output_index, item }),
      ]),
      event("response.completed", {
        response: { ...whole, status: "completed", output: items, usage },
      }),
    ],
    turn.cut,
  );
}

function itemsOf(asked: Asked, { number, file, answer }: Turn): Item[] {
  const shell = (command: string) => shellCall(asked, command);
  if (number === 0) {
    return [{ type: "message", text: said.first }, shell("pwd")];
  }
  if (number === 1) {
    const text = Buffer.from(file.text).toString("base64");
    return [
      { type: "message", text: said.second },
      shell(`echo ${text} | base64 -d >${file.name}`),
    ];
  }
  const structured = asked.body.text?.format?.type === "json_schema";
  return [{ type: "message", text: structured ? JSON.stringify({ answer }) : answer }];
}

/** Versions of Codex call their shell differently; the request says which tools there are. */
function shellCall(asked: Asked, command: string): Item {
  const tools: string[] = (asked.body.tools ?? []).map(({ name }: { name?: string }) => name ?? "");
  if (/"type":"custom","name":"exec"/.test(JSON.stringify(asked.body))) {
    const input = `text(await tools.exec_command({ cmd: ${JSON.stringify(command)} }))`;
    return { type: "custom_tool_call", name: "exec", input };
  }
  if (tools.includes("exec_command")) {
    return {
      type: "function_call",
      name: "exec_command",
      arguments: JSON.stringify({ cmd: command }),
    };
  }
  if (tools.includes("shell_command")) {
    return { type: "function_call", name: "shell_command", arguments: JSON.stringify({ command }) };
  }
  const argv = { command: ["bash", "-c", command] };
  return { type: "function_call", name: "shell", arguments: JSON.stringify(argv) };
}

function fullItem(item: Item, turn: number, index: number) {
  const id = `${turn}_${index}`;
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
