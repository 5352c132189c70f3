/**
 * A small reverse proxy that records every request and can misbehave on demand. In front of a real registry it lets
 * a test count requests and see what happens when the network fails in one particular way.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

export interface RecordedRequest {
  method: string;
  /** With the query string. */
  path: string;
  /** 0 while there is no answer yet, and for a request that never gets one. */
  status: number;
  userAgent: string;
  /** Of a request for a part of something. */
  range: string | undefined;
}

/** What can go wrong with one request. */
export type Fault =
  /** Answered by the proxy; the server behind it never hears of it. */
  | { status: number; headers?: Record<string, string>; body?: string }
  /** The connection is reset without an answer. */
  | "reset"
  /** The request is read and never answered, until the client gives up or the proxy stops. */
  | "hang"
  /** Both bodies pass at this speed. */
  | { throttleBytesPerSecond: number }
  /** The connection breaks after so many bytes of the answer's body. */
  | { truncateAfterBytes: number }
  /** The answer has the right length and wrong bytes. */
  | { corrupt: true };

/** Decides for each request, before it is passed on, whether and how it fails. A promise holds the request up. */
export type FaultHook = (
  request: Readonly<RecordedRequest>,
) => Fault | undefined | Promise<Fault | undefined>;

export interface RecordingProxy {
  /** `127.0.0.1:PORT` */
  address: string;
  /** In the order of arrival; a test may empty it. */
  requests: RecordedRequest[];
  fault: FaultHook | undefined;
  /** Breaks off what is still under way. */
  stop(): Promise<void>;
}

/**
 * Starts a recording proxy on a free loopback port.
 *
 * @param upstream `host:port` of a server that speaks plain HTTP
 */
export async function startProxy(upstream: string): Promise<RecordingProxy> {
  const server = createServer(async (incoming, outgoing) => {
    const record: RecordedRequest = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      status: 0,
      userAgent: incoming.headers["user-agent"] ?? "",
      range: incoming.headers.range,
    };
    proxy.requests.push(record);
    const fault = await proxy.fault?.(record);
    if (fault === "reset") incoming.socket.resetAndDestroy();
    else if (fault === "hang") incoming.resume();
    else if (fault && typeof fault === "object" && "status" in fault) {
      record.status = fault.status;
      incoming.resume();
      outgoing.writeHead(fault.status, fault.headers).end(fault.body);
    } else forward(upstream, incoming, outgoing, record, fault);
  });
  // A long push or a hang on purpose is not to be ended by the proxy's own patience.
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy: RecordingProxy = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    fault: undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

type BodyFault = Exclude<Fault, string | { status: number }>;

function forward(
  upstream: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  record: RecordedRequest,
  fault: BodyFault | undefined,
): void {
  const [host, port] = upstream.split(":");
  const onward = request({
    host,
    port,
    method: record.method,
    path: record.path,
    // The Host header passes as it is: the addresses the server makes from it then lead through the proxy. A name
    // that stands for it is none the server would know.
    headers: /^127\./.test(incoming.headers.host ?? "")
      ? incoming.headers
      : { ...incoming.headers, host: upstream },
    agent: false,
  });
  outgoing.once("close", () => onward.destroy());
  onward.on("error", (error) => {
    if (outgoing.headersSent || outgoing.destroyed) outgoing.destroy();
    else outgoing.writeHead(502).end(error.message);
  });
  onward.on("response", (answer) => {
    record.status = answer.statusCode ?? 0;
    outgoing.writeHead(record.status, answer.rawHeaders);
    pipeline([answer, ...steps(fault), outgoing]).catch(() => {
      // A reset rather than a proper end: a chunked answer must not look complete.
      outgoing.socket?.resetAndDestroy();
    });
  });
  const slow = fault && "throttleBytesPerSecond" in fault ? steps(fault) : [];
  pipeline([incoming, ...slow, onward]).catch(() => onward.destroy());
}

function steps(fault: BodyFault | undefined): Transform[] {
  if (!fault) return [];
  if ("throttleBytesPerSecond" in fault) return [throttle(fault.throttleBytesPerSecond)];
  if ("truncateAfterBytes" in fault) return [truncate(fault.truncateAfterBytes)];
  return [corrupt()];
}

function throttle(bytesPerSecond: number): Transform {
  return new Transform({
    async transform(chunk: Buffer, _encoding, done) {
      // In pieces of a tenth of a second, so that the speed is even and not a burst after a long wait.
      const size = Math.max(1, Math.ceil(bytesPerSecond / 10));
      for (let start = 0; start < chunk.length && !this.destroyed; start += size) {
        const piece = chunk.subarray(start, start + size);
        await new Promise((resolve) => setTimeout(resolve, (piece.length / bytesPerSecond) * 1000));
        this.push(piece);
      }
      done();
    },
  });
}

function truncate(bytes: number): Transform {
  let left = bytes;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (chunk.length <= left) {
        left -= chunk.length;
        done(null, chunk);
        return;
      }
      this.push(chunk.subarray(0, left));
      // A moment later, so that what was let through does arrive.
      setTimeout(() => done(new Error("cut off on purpose")), 20);
    },
  });
}

function corrupt(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const wrong = Buffer.from(chunk);
      const middle = wrong.length >> 1;
      wrong[middle] = (wrong[middle] ?? 0) ^ 0xff;
      done(null, wrong);
    },
  });
}
