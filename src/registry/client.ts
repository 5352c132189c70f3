import type { Readable } from "node:stream";
import {
  HttpClient as Client,
  type HttpClient,
  type HttpClientResponse,
} from "@actions/http-client";
import pRetry from "p-retry";
import { sha256 } from "../keys/hash.ts";
import { nameOf, type Reference } from "../keys/reference.ts";
import { authorize, type Challenge, parseChallenge } from "./auth.ts";
import type { Budget } from "./budget.ts";
import type { Credentials } from "./credentials.ts";
import { acceptedManifests } from "./documents.ts";
import { isLoopback } from "./loopback.ts";

/**
 * Why a registry did not give what was asked for.
 *
 * - `absent`: 404
 * - `denied`: 401 or 403
 * - `unreachable`: network, TLS, 429, 5xx, or out of time
 * - `invalid`: an answer that is not what it says it is
 */
export type TroubleKind = "absent" | "denied" | "unreachable" | "invalid";

export class RegistryTrouble extends Error {
  readonly kind: TroubleKind;
  /** Whether it may pass by itself. */
  readonly transient: boolean;
  /** Milliseconds the registry asks to wait (`Retry-After`), if it does. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: TroubleKind,
    message: string,
    { transient = false, retryAfterMs }: { transient?: boolean; retryAfterMs?: number } = {},
  ) {
    super(message);
    this.kind = kind;
    this.transient = transient;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A document from a registry, its bytes checked against its digest. */
export interface Document {
  readonly digest: string;
  readonly mediaType: string;
  readonly json: unknown;
}

/** Reads small documents (manifests, indexes, configs) by the OCI distribution protocol. */
export interface RegistryClient {
  /**
   * @param budget instead of the one shared by the run, for a question that is not worth waiting for
   * @throws RegistryTrouble
   */
  manifest(image: Reference, tagOrDigest: string, budget?: Budget): Promise<Document>;
  /** A config blob. @throws RegistryTrouble */
  config(image: Reference, digest: string, budget?: Budget): Promise<Document>;
}

/** First and last byte, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Reads layers, which are too large to be held. */
export interface BlobClient {
  /**
   * The bytes as they arrive, neither checked nor retried: whoever takes them checks the digest.
   *
   * @param range the bytes wanted; all of them unless given
   * @throws RegistryTrouble
   */
  blob(image: Reference, digest: string, range?: ByteRange): Promise<Readable>;
}

export interface ClientOptions {
  readonly credentials: (registry: string) => Promise<Credentials | undefined>;
  /** Shared by all requests of a run: a cold start is never delayed by more than this. */
  readonly budget: Budget;
}

/** Manifests and configs are small; the specification asks registries to take manifests of 4 MiB. */
const maxBytes = 4 * 1024 * 1024;
/** Codes of failures that another attempt meets again: no such name, a certificate not trusted. */
const lasting = /^(?:ENOTFOUND|ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO)/;

/** One attempt; a registry that says nothing for so long is tried again or given up. */
const attemptMs = 10_000;

/** A layer's stream may stand still for so long: the engine unpacks while it reads. */
const blobIdleMs = 60_000;

/** `docker.io` stands for Docker Hub, whose API has another host. */
export function registryOf(image: Reference): string {
  return image.registry === undefined || image.registry === "index.docker.io"
    ? "docker.io"
    : image.registry;
}

export function registryClient(options: ClientOptions): RegistryClient & BlobClient {
  // redirects: blobs are often elsewhere; the client drops the token when the host changes
  const http = new Client("agent-runner", [], {
    allowRedirects: true,
    maxRedirects: 5,
    socketTimeout: attemptMs,
  });
  const blobs = new Client("agent-runner", [], {
    allowRedirects: true,
    maxRedirects: 5,
    socketTimeout: blobIdleMs,
  });
  const tokens = new Map<string, Promise<string | undefined>>();

  const get = async (
    image: Reference,
    path: string,
    accept: string,
    budget = options.budget,
  ): Promise<Document> => {
    const registry = registryOf(image);
    const repository = repositoryOn(registry, image);
    const url = `${origin(registry)}/v2/${repository}/${path}`;
    const scope = `${registry}/${repository}`;
    const attempt = async () => {
      const first = await fetchOnce(http, url, accept, await tokens.get(scope));
      if (first.status !== 401) {
        return documentOf(first, url);
      }
      const challenge = parseChallenge(first.challenge);
      if (challenge === undefined) {
        return documentOf(first, url);
      }
      const token = requestToken(http, challenge, registry, repository, options);
      tokens.set(
        scope,
        token.catch(() => undefined),
      );
      const authorization = await token;
      return documentOf(
        // without an answer to the challenge, asking again would only be told the same
        authorization === undefined ? first : await fetchOnce(http, url, accept, authorization),
        url,
      );
    };
    return budget.spend(() => withRetries(attempt, budget, url));
  };

  return {
    async manifest(image, tagOrDigest, budget) {
      const found = await get(image, `manifests/${tagOrDigest}`, acceptedManifests, budget);
      return tagOrDigest.startsWith("sha256:") ? mustBe(tagOrDigest, found, image) : found;
    },
    async config(image, digest, budget) {
      return mustBe(digest, await get(image, `blobs/${digest}`, "*/*", budget), image);
    },
    async blob(image, digest, range) {
      const registry = registryOf(image);
      const repository = repositoryOn(registry, image);
      const url = `${origin(registry)}/v2/${repository}/blobs/${digest}`;
      const scope = `${registry}/${repository}`;
      const wanted = range && { range: `bytes=${range.start}-${range.end}` };
      const send = async (authorization: string | undefined) =>
        (await blobs.get(url, { ...wanted, ...(authorization && { authorization }) })).message;
      let answer = await send(await tokens.get(scope));
      const challenge = parseChallenge(answer.headers["www-authenticate"]);
      if (answer.statusCode === 401 && challenge !== undefined) {
        answer.destroy();
        const token = requestToken(http, challenge, registry, repository, options);
        tokens.set(
          scope,
          token.catch(() => undefined),
        );
        answer = await send(await token);
      }
      const { host } = new URL(url);
      if (answer.statusCode !== (range === undefined ? 200 : 206)) {
        answer.destroy();
        const what = `${host} answered ${answer.statusCode} for a layer of the base image`;
        throw new RegistryTrouble("unreachable", what);
      }
      answer.setTimeout(blobIdleMs, () => {
        const what = `${host} sent nothing of a layer of the base image for ${blobIdleMs / 1000} s`;
        answer.destroy(new RegistryTrouble("unreachable", what));
      });
      return answer;
    },
  };
}

async function requestToken(
  http: HttpClient,
  challenge: Challenge,
  registry: string,
  repository: string,
  options: ClientOptions,
): Promise<string | undefined> {
  const credentials = await options.credentials(registry);
  try {
    return await authorize(http, challenge, repository, credentials);
  } catch (error) {
    const { message } = error as Error;
    throw new RegistryTrouble(
      "unreachable",
      `the token service of ${registry} failed: ${message}`,
      { transient: true },
    );
  }
}

/** Docker Hub keeps official images under `library/`. */
function repositoryOn(registry: string, { repository }: Reference): string {
  return registry === "docker.io" && !repository.includes("/")
    ? `library/${repository}`
    : repository;
}

/** The engine speaks plain HTTP to loopback and nowhere else by itself, and so does this client. */
function origin(registry: string): string {
  const loopback = isLoopback(registry.replace(/:\d+$/, ""));
  return registry === "docker.io"
    ? "https://registry-1.docker.io"
    : `${loopback ? "http" : "https"}://${registry}`;
}

interface Raw {
  readonly status: number;
  readonly body: Buffer;
  readonly mediaType: string;
  readonly challenge: string | undefined;
  readonly retryAfterMs: number | undefined;
}

async function fetchOnce(
  http: HttpClient,
  url: string,
  accept: string,
  authorization: string | undefined,
): Promise<Raw> {
  const headers = authorization === undefined ? { accept } : { accept, authorization };
  let response: HttpClientResponse;
  try {
    response = await http.get(url, headers);
    const { headers: answered, statusCode = 0 } = response.message;
    return {
      status: statusCode,
      body: await readAll(response),
      mediaType: answered["content-type"] ?? "",
      challenge: answered["www-authenticate"],
      retryAfterMs: retryAfter(answered["retry-after"]),
    };
  } catch (error) {
    if (error instanceof RegistryTrouble) {
      throw error;
    }
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code !== undefined && !message.includes(code) ? `${message} (${code})` : message;
    throw new RegistryTrouble("unreachable", `${new URL(url).host} cannot be reached: ${why}`, {
      transient: !lasting.test(code ?? ""),
    });
  }
}

async function readAll(response: HttpClientResponse): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const slow = setTimeout(
    () => response.message.destroy(new Error(`the answer took longer than ${attemptMs / 1000} s`)),
    attemptMs,
  );
  try {
    for await (const chunk of response.message) {
      size += chunk.length;
      if (size > maxBytes) {
        throw new RegistryTrouble(
          "invalid",
          `the registry's answer is larger than ${maxBytes} bytes`,
        );
      }
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(slow);
  }
  return Buffer.concat(chunks);
}

function documentOf(raw: Raw, url: string): Document {
  const { status } = raw;
  const what = `${new URL(url).host} answered ${status} for ${new URL(url).pathname}`;
  if (status === 404) {
    throw new RegistryTrouble("absent", what);
  }
  if (status === 401 || status === 403) {
    throw new RegistryTrouble("denied", what);
  }
  if (status === 429 || status >= 500) {
    const { retryAfterMs } = raw;
    throw new RegistryTrouble("unreachable", what, {
      transient: true,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  if (status !== 200) {
    throw new RegistryTrouble("invalid", what);
  }
  try {
    const json: unknown = JSON.parse(raw.body.toString("utf8"));
    return { digest: `sha256:${sha256(raw.body)}`, mediaType: raw.mediaType, json };
  } catch {
    throw new RegistryTrouble("invalid", `${what}, which is not JSON`);
  }
}

function mustBe(digest: string, found: Document, image: Reference): Document {
  if (found.digest !== digest) {
    throw new RegistryTrouble(
      "invalid",
      `${nameOf(image)}: asked for ${digest}, got bytes of ${found.digest}`,
    );
  }
  return found;
}

/** Tries again what may pass by itself, with jitter, as long as the budget lasts. */
async function withRetries<T>(attempt: () => Promise<T>, budget: Budget, url: string): Promise<T> {
  const deadline = AbortSignal.timeout(Math.max(1, budget.left()));
  const late = new RegistryTrouble(
    "unreachable",
    `${new URL(url).host} did not answer in the time there was for registries`,
  );
  const work = pRetry(attempt, {
    retries: 3,
    minTimeout: 500,
    randomize: true,
    signal: deadline,
    shouldRetry: ({ error }) => error instanceof RegistryTrouble && error.transient,
    onFailedAttempt: async ({ error, retriesLeft }) => {
      const wait = error instanceof RegistryTrouble ? error.retryAfterMs : undefined;
      if (wait !== undefined && retriesLeft > 0) {
        if (wait > budget.left()) {
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    },
  });
  const expired = new Promise<never>((_, reject) => {
    deadline.addEventListener("abort", () => reject(late), { once: true });
  });
  try {
    return await Promise.race([work, expired]);
  } catch (error) {
    throw error instanceof RegistryTrouble ? error : deadline.aborted ? late : error;
  }
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
