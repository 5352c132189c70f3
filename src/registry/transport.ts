import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { getCACertificates } from "node:tls";
import { HttpClient } from "@actions/http-client";
import { trustsMore } from "../network/authorities.ts";
import { RegistryTrouble } from "./trouble.ts";
import type { Trust } from "./trust.ts";

export interface Question {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A login. It goes to the scheme, host and port of the address, and never where a redirect leads. */
  readonly authorization?: string | undefined;
  /** Sent by POST, with a login in it: a redirect of it is not followed. */
  readonly form?: Readonly<Record<string, string>>;
  /** Milliseconds until the answer begins, and in which the server may say nothing; 10 s unless given. */
  readonly idleMs?: number;
  /** For TLS, wherever the answer leads: as the engine has it. */
  readonly trust?: Trust | undefined;
  /** Breaks the connection off, however far the answer has come. */
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Whether it comes from the scheme, host and port of the address: who else answers gets no login. */
  readonly own: boolean;
}

/** Layers are often elsewhere; more redirects than this are a circle. */
const maxRedirects = 5;
/** One attempt; a server that says nothing for so long is tried again or given up. */
const attemptMs = 10_000;
/** Manifests and configs are small; the specification asks registries to take manifests of 4 MiB. */
const maxBytes = 4 * 1024 * 1024;
/** Codes of failures that another attempt meets again: no such name, a certificate not trusted. */
const lasting = /^(?:ENOTFOUND|ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO)/;
/** Codes besides them that say so before anything was asked. */
const notMet = /^(?:EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ERR_SSL_)/;

/**
 * One question and its answer, whatever its status, the body still to be read or destroyed.
 *
 * @throws RegistryTrouble (`unreachable`)
 */
export function open(
  address: string,
  question: Question = {},
): Promise<Answer & { readonly stream: IncomingMessage }> {
  return follow(new URL(address), question, true, question.form === undefined ? maxRedirects : 0);
}

/**
 * The same for what is small: the body is there, read in at most 10 s.
 *
 * @throws RegistryTrouble (`unreachable`, or `invalid` above 4 MiB)
 */
export async function fetchSmall(
  address: string,
  question: Question = {},
): Promise<Answer & { readonly body: Buffer }> {
  const { stream, ...answer } = await open(address, question);
  try {
    return { ...answer, body: await readAll(stream) };
  } catch (error) {
    throw unreachable(new URL(address).host, error);
  }
}

/** What an answer means whose status is not the one that was hoped for. */
export function refusal(
  { status, headers }: Answer,
  address: string,
  what = new URL(address).pathname,
): RegistryTrouble {
  const message = `${new URL(address).host} answered ${status} for ${what}`;
  if (status === 404) {
    return new RegistryTrouble("absent", message, { status });
  }
  if (status === 401 || status === 403) {
    return new RegistryTrouble("denied", message, { status });
  }
  if (status === 429 || status >= 500) {
    const retryAfterMs = retryAfter(headers["retry-after"]);
    return new RegistryTrouble("unreachable", message, { transient: true, retryAfterMs, status });
  }
  return new RegistryTrouble("invalid", message, { status });
}

async function follow(url: URL, question: Question, own: boolean, redirects: number) {
  const stream = await send(url, own ? question : { ...question, authorization: undefined });
  const next = redirects > 0 ? target(stream, url) : undefined;
  if (next === undefined) {
    return { status: stream.statusCode ?? 0, headers: stream.headers, own, stream };
  }
  stream.destroy();
  const mayBePlain = question.trust?.rejectUnauthorized === false;
  if (url.protocol === "https:" && next.protocol !== "https:" && !mayBePlain) {
    throw new RegistryTrouble("unreachable", `${url.host} redirects from TLS to plain HTTP`);
  }
  // an origin is scheme, host and port; who has led elsewhere is not believed when it leads back
  return follow(next, question, own && next.origin === url.origin, redirects - 1);
}

/** Where an answer leads; undefined when nowhere that is spoken to. */
function target({ statusCode = 0, headers }: IncomingMessage, from: URL): URL | undefined {
  const { location } = headers;
  if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) {
    return undefined;
  }
  const next = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  return /^https?:$/.test(next?.protocol ?? "") ? next : undefined;
}

async function send(url: URL, question: Question): Promise<IncomingMessage> {
  try {
    return await sendOnce(url, question);
  } catch (error) {
    if (!(await trustsMore(error))) {
      throw error;
    }
    return sendOnce(url, question);
  }
}

async function sendOnce(url: URL, question: Question): Promise<IncomingMessage> {
  const { headers, authorization, form, idleMs = attemptMs, signal, trust } = question;
  const all = { ...headers, ...(authorization !== undefined && { authorization }) };
  // a client of its own for each: it keeps the agent of the scheme that it was first used for
  const http = new HttpClient("agent-runner", trust === undefined ? [] : [trusting(trust)], {
    allowRedirects: false,
    socketTimeout: idleMs,
  });
  let silent = false;
  const breakOff = () => http.dispose();
  // a server that sends its head byte by byte is never idle
  const late = setTimeout(() => {
    silent = true;
    breakOff();
  }, idleMs);
  signal?.addEventListener("abort", breakOff, { once: true });
  try {
    const sent =
      form === undefined
        ? http.get(url.href, all)
        : http.post(url.href, new URLSearchParams(form).toString(), {
            ...all,
            "content-type": "application/x-www-form-urlencoded",
          });
    const { message } = await sent;
    message.once("close", () => signal?.removeEventListener("abort", breakOff));
    return message;
  } catch (error) {
    signal?.removeEventListener("abort", breakOff);
    silent ||= (error as Error).message.startsWith("Request timeout");
    // its own words have the whole path, where a redirect may have put a signature
    throw unreachable(url.host, silent ? new Error(`no answer for ${idleMs / 1000} s`) : error);
  } finally {
    clearTimeout(late);
  }
}

type RequestHandler = NonNullable<ConstructorParameters<typeof HttpClient>[1]>[number];

/** The client has no option for certificates, and gives its agent to those who change a request. */
function trusting(trust: Trust): RequestHandler {
  return {
    prepareRequest({ agent }) {
      if (typeof agent === "object" && "options" in agent) {
        // a list of our own takes the place of the common one
        const ca = trust.ca && [...getCACertificates("default"), ...trust.ca];
        Object.assign(agent.options as object, trust, ca && { ca });
      }
    },
    canHandleAuthentication: () => false,
    handleAuthentication: () => Promise.reject(new Error("not asked for")),
  };
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const slow = setTimeout(
    () => stream.destroy(new Error(`the answer took longer than ${attemptMs / 1000} s`)),
    attemptMs,
  );
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > maxBytes) {
        const what = `the registry's answer is larger than ${maxBytes} bytes`;
        throw new RegistryTrouble("invalid", what);
      }
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(slow);
  }
  return Buffer.concat(chunks);
}

function unreachable(host: string, error: unknown): RegistryTrouble {
  if (error instanceof RegistryTrouble) {
    return error;
  }
  const { code = "", message } = error as NodeJS.ErrnoException;
  const proxys = proxysRefusal(message);
  const why = proxys ?? (message.includes(code) ? message : `${message} (${code})`);
  return new RegistryTrouble("unreachable", `${host} cannot be reached: ${why}`, {
    noConnection: lasting.test(code) || notMet.test(code),
    transient: proxys === undefined && !lasting.test(code),
    cause: error,
  });
}

/** In the package's words, a proxy that leads nowhere is a connection that was reset. */
function proxysRefusal(message: string): string | undefined {
  const status = /^tunneling socket could not be established, statusCode=(4\d\d)$/.exec(
    message,
  )?.[1];
  return status === "407"
    ? "the proxy wants a user and a password, or others (407); they stand in the proxy's address, in `HTTPS_PROXY`"
    : status && `the proxy refuses to lead there (${status})`;
}

/** `Retry-After` in milliseconds; it is a number of seconds or a date. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) {
    return undefined;
  }
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
