import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { HttpClient } from "@actions/http-client";
import { oneLine, plain } from "../log/text.ts";
import { trustsMore } from "../network/authorities.ts";
import { notRead } from "./checked.ts";
import type { Api } from "./client.ts";
import type { FailedJob } from "./failed-jobs.ts";

/** The end of a job's log. */
export interface LogEnd {
  /** Untrusted. Plain text, whole lines. */
  readonly text: string;
  /** Something stood before it. */
  readonly cut: boolean;
}

/** How much of a log is kept: an agent reads it all, and a failure is told at the end. */
export const mostKept = 64 * 1024;
/** How much of a log is read to find its end where the end cannot be asked for. */
const mostRead = 64 * 1024 * 1024;
/** From this size on the end is asked for. */
const largeLog = 4 * 1024 * 1024;
/** Until an answer begins, and in which it may say nothing. */
const idleMs = 10_000;
const maxRedirects = 3;

/**
 * The end of a job's log. GitHub answers with an address elsewhere that is good for a minute; the token does not go
 * there. Throws nothing that GitHub could cause.
 *
 * @param signal ends what is read elsewhere, however far it has come; the API has its own
 * @returns a sentence where it could not be read
 */
export async function endOfLog(
  api: Api,
  job: FailedJob,
  signal: AbortSignal,
): Promise<LogEnd | string> {
  const what = `the log of ${oneLine(job.name, 100)}`;
  let address: URL;
  try {
    const answer = await api.call("GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs", {
      job_id: job.id,
      request: { redirect: "manual" },
    });
    const found = addressIn(answer.location);
    if (found === undefined) {
      return `${what} could not be read: GitHub did not say where it is`;
    }
    address = found;
  } catch (error) {
    const { status } = error as { status?: unknown };
    return status === 410
      ? `${what} is not there any more: GitHub keeps logs for a time only`
      : notRead(what, "actions: read", error);
  }
  try {
    return logText(await readEnd(address, signal));
  } catch (error) {
    const why = signal.aborted
      ? "it did not come in time"
      : oneLine(withoutQuery((error as Error).message), 200);
    return `${what} could not be read: ${why}`;
  }
}

/** An address of TLS, or of this machine. */
function addressIn(location: string | undefined): URL | undefined {
  if (location === undefined || !URL.canParse(location)) {
    return undefined;
  }
  const url = new URL(location);
  const here = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && here) ? url : undefined;
}

/** A signed address lets in whoever knows it. */
function withoutQuery(text: string): string {
  return text.replace(/\?\S*/g, "");
}

interface Bytes {
  readonly bytes: Buffer;
  readonly cut: boolean;
}

async function readEnd(address: URL, signal: AbortSignal): Promise<Bytes> {
  const whole = await open(address, {}, signal);
  const length = Number(whole.headers["content-length"] ?? 0);
  const packed = whole.headers["content-encoding"] !== undefined;
  if (length <= largeLog || packed) {
    return lastOf(whole, signal);
  }
  whole.destroy();
  const end = await open(address, { range: `bytes=${length - mostKept}-${length - 1}` }, signal);
  const { bytes, cut } = await lastOf(end, signal);
  return { bytes, cut: cut || end.statusCode === 206 };
}

async function open(
  address: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  try {
    return await send(address, headers, signal);
  } catch (error) {
    if (!(await trustsMore(error))) {
      throw error;
    }
    return send(address, headers, signal);
  }
}

async function send(
  address: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  signal.throwIfAborted();
  // it knows the runner's proxy; no login goes with it
  const http = new HttpClient("agent-runner", [], {
    allowRedirects: true,
    allowRedirectDowngrade: false,
    maxRedirects,
    socketTimeout: idleMs,
    keepAlive: false,
  });
  const breakOff = () => http.dispose();
  signal.addEventListener("abort", breakOff, { once: true });
  try {
    const { message } = await Promise.race([
      http.get(address.href, { ...headers, "accept-encoding": "identity" }),
      ended(signal),
    ]);
    if (message.statusCode !== 200 && message.statusCode !== 206) {
      message.destroy();
      throw new Error(`${address.host} answered ${message.statusCode}`);
    }
    return message;
  } finally {
    signal.removeEventListener("abort", breakOff);
  }
}

/** Rejects when the signal fires: a client that is broken off may never say so. */
function ended(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("it was ended")), { once: true });
  });
}

/** The last bytes of a stream; no more than twice that many are held. */
async function lastOf(message: IncomingMessage, signal: AbortSignal): Promise<Bytes> {
  const breakOff = () => message.destroy(new Error("it was ended"));
  signal.addEventListener("abort", breakOff, { once: true });
  let kept: Buffer = Buffer.alloc(0);
  let read = 0;
  try {
    for await (const piece of unpacked(message)) {
      const bytes = piece as Buffer;
      read += bytes.length;
      if (read > mostRead) {
        throw new Error("it is too long");
      }
      kept = Buffer.concat([kept, bytes]);
      kept = kept.length > 2 * mostKept ? kept.subarray(-mostKept) : kept;
    }
  } finally {
    signal.removeEventListener("abort", breakOff);
    message.destroy();
  }
  return { bytes: kept.subarray(-mostKept), cut: read > mostKept };
}

function unpacked(message: IncomingMessage): Readable {
  if (message.headers["content-encoding"] !== "gzip") {
    return message;
  }
  const gunzip = createGunzip();
  message.once("error", (error) => gunzip.destroy(error));
  return message.pipe(gunzip);
}

/** What a runner puts before each line, of which the time of day is of use. */
const stamp = /^\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)\.\d+Z /gm;

/** Whole lines without colours and other control characters. Pure. */
function logText({ bytes, cut }: Bytes): LogEnd {
  const text = plain(bytes.toString("utf8"));
  const lines = cut ? text.slice(text.indexOf("\n") + 1) : text;
  return { text: lines.replace(stamp, "$1 "), cut };
}
