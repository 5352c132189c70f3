import type { IncomingMessage, ServerResponse } from "node:http";

/** One request below the registry's secret path, and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** The path up to the secret, for addresses in answers. */
  readonly root: string;
  /** Without the secret. */
  readonly repository: string;
  /** What follows `manifests/`, `blobs/` or `blobs/uploads/`. */
  readonly reference: string;
}

export function isRead({ method }: IncomingMessage): boolean {
  return method === "GET" || method === "HEAD";
}

/** Answers with a small document; its length is told, and it is left out where only the head was asked for. */
export function send(
  { request, response }: Pick<Exchange, "request" | "response">,
  status: number,
  body: string | Buffer = "",
  type = "application/json",
): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** @param code one of the distribution specification's */
export function refuse(
  exchange: Pick<Exchange, "request" | "response">,
  status: number,
  code: string,
): void {
  send(exchange, status, JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }));
}
