/**
 * What the stand-ins of the models' APIs share: an HTTP server that records what it is asked, and a
 * writer of server-sent events that can end its connection in the middle.
 */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What an API refuses with; `cut` ends the connection in the middle of the second turn's stream. */
export type Fault = "wrong key" | "rate limit" | "no credit" | "overloaded" | "cut";

export interface ModelOptions {
  /** Where to listen: loopback, or the engine's bridge for an agent in a container. */
  readonly host?: string;
  /** How it fails; it answers where this is absent. */
  readonly fault?: Fault;
  /** How many requests fail before it answers; all where this is absent. */
  readonly failures?: number;
  /** The third turn never comes: a task that has done something ends by its time. */
  readonly hangs?: boolean;
  /** What the second turn writes into `answer.txt`. */
  readonly content?: string;
  /** What the third turn says. */
  readonly message?: string;
  /** What the third turn gives instead, when the tool asks for an answer in a schema. */
  readonly structured?: Readonly<Record<string, unknown>>;
}

export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed where it is JSON, else its text. */
  readonly body: unknown;
}

export interface Model {
  /** `http://HOST:PORT`, without a slash at its end. */
  readonly url: string;
  /** Everything it was asked so far. */
  readonly requests: readonly Asked[];
  stop(): Promise<void>;
}

/** The words of the conversation, the same from every stand-in. */
export const says = {
  first: "I will look around first.",
  second: "Now I write the answer.",
  message: "The answer is in answer.txt.",
  content: "forty-two\n",
  structured: { answer: "forty-two" },
  /** The first line of its output is the folder that the file goes into. */
  command: "pwd && ls",
} as const;

/** Starts a server on a free port that gives every request, with its body, to `answer`. */
export async function startModel(
  answer: (asked: Asked, response: ServerResponse) => void,
  host = "127.0.0.1",
): Promise<Model> {
  const requests: Asked[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url: path = "/", headers } = request;
    const asked = { method, path, headers, body: jsonOr(await text(request)) };
    requests.push(asked);
    answer(asked, response);
  });
  server.listen(0, host);
  await once(server, "listening");
  // it must not keep a test process alive that forgot to stop it
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    requests,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response
    .writeHead(status, { "content-type": "application/json", ...headers })
    .end(JSON.stringify(body));
}

/** One server-sent event; `event` is its name where the protocol gives it one. */
export interface ServerEvent {
  readonly event?: string;
  /** A text goes out as it is (`[DONE]`), everything else as JSON. */
  readonly data: unknown;
}

/** Sends a stream of events. With `cut`, only their first half, and then the connection breaks. */
export function sendEvents(
  response: ServerResponse,
  events: readonly ServerEvent[],
  cut = false,
): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const sent = cut ? events.slice(0, Math.ceil(events.length / 2)) : events;
  const out = sent
    .map(({ event, data }) => {
      const name = event === undefined ? "" : `event: ${event}\n`;
      return `${name}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
    })
    .join("");
  if (cut) {
    // once it has left, so that the tool has seen the beginning
    response.write(out, () => response.destroy());
  } else {
    response.end(out);
  }
}

/**
 * Says for each request whether it fails: all of them, or the first `failures`. Only the second turn
 * can be cut, so that the tool has begun its work.
 */
export function failing({
  fault,
  failures = Number.POSITIVE_INFINITY,
}: ModelOptions): (secondTurn: boolean) => Fault | undefined {
  let left = failures;
  return (secondTurn) =>
    fault !== undefined && (fault !== "cut" || secondTurn) && left-- > 0 ? fault : undefined;
}

function jsonOr(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
