/** What the stand-ins of the models' APIs share: a small HTTP server, canned turns, and faults on demand. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  // biome-ignore lint/suspicious/noExplicitAny: what an agent sends is looked into by tests alone
  body: any;
}

/** How an API fails: every request, or the stream of the second turn for `cut`. */
export type Fault = "wrong key" | "rate limit" | "no credit" | "overloaded" | "cut";

export interface ModelOptions {
  fault?: Fault;
  /** The file that the second turn writes into the working folder, and its text. */
  file?: { name: string; text: string };
  /** What the last turn says. */
  answer?: string;
  /** Where to listen: loopback, or the engine's own bridge for agents in containers. */
  host?: string;
}

export interface Model {
  url: string;
  requests: Asked[];
  stop(): Promise<void>;
}

export interface Turn extends Required<Omit<ModelOptions, "fault" | "host">> {
  /** How many tools have answered so far. */
  number: number;
  /** Break the stream off in the middle. */
  cut: boolean;
}

export const said = {
  first: "I look at what is there.",
  second: "Now I write the file.",
};

/** @param respond answers what is not a fault; it gets the request's body as JSON */
export async function startModel(
  options: ModelOptions,
  turnOf: (body: Asked["body"]) => number,
  respond: (asked: Asked, turn: Turn, response: ServerResponse) => void | Promise<void>,
  fail: (fault: Exclude<Fault, "cut">, response: ServerResponse) => void,
): Promise<Model> {
  const requests: Asked[] = [];
  const { fault, host = "127.0.0.1" } = options;
  const server = createServer(async (request, response) => {
    const text = (await buffer(request)).toString("utf8");
    let body: Asked["body"];
    try {
      body = JSON.parse(text || "{}");
    } catch {
      body = text;
    }
    const path = request.url ?? "/";
    const asked = { method: request.method ?? "", path, headers: request.headers, body };
    requests.push(asked);
    if (fault !== undefined && fault !== "cut") {
      fail(fault, response);
      return;
    }
    const number = turnOf(body);
    await respond(
      asked,
      {
        number,
        cut: fault === "cut" && number > 0,
        file: options.file ?? { name: "answer.txt", text: "forty-two\n" },
        answer: options.answer ?? "The answer is in answer.txt.",
      },
      response,
    );
  });
  server.listen(0, host);
  await once(server, "listening");
  server.unref();
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    requests,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Server-sent events; `cut` ends the connection in the middle instead. */
export function sendEvents(
  response: ServerResponse,
  events: readonly { event?: string; data: unknown }[],
  cut = false,
): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const sent = cut ? events.slice(0, Math.ceil(events.length / 2)) : events;
  for (const { event, data } of sent) {
    const name = event === undefined ? "" : `event: ${event}\n`;
    response.write(`${name}data: ${JSON.stringify(data)}\n\n`);
  }
  if (cut) {
    setImmediate(() => response.destroy());
  } else {
    response.end();
  }
}
