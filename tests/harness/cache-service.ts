/**
 * A stand-in for GitHub's cache service, version 2: the three Twirp calls that `@actions/cache` makes. The bytes go
 * to and from Azurite by signed addresses, through a proxy that records and can misbehave.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Azurite, startAzurite } from "./azurite.ts";
import { type Entry, find, type Grant, grantFor } from "./cache-service-entries.ts";
import { type Fault, type RecordingProxy, startProxy } from "./proxy.ts";

export const SERVICE = "github.actions.results.api.v1.CacheService";

/** A name like GitHub's blob servers have; `azure-worker.ts` finds it on this machine. */
export const AZURE_HOST = "stand-in.blob.core.windows.net";

/** The fields of requests and responses, as the protocol names them; a test compares them with the published ones. */
export const PROTOCOL = {
  CreateCacheEntry: {
    request: ["metadata", "key", "version"],
    response: ["ok", "signed_upload_url", "message"],
  },
  FinalizeCacheEntryUpload: {
    request: ["metadata", "key", "size_bytes", "version"],
    response: ["ok", "entry_id", "message"],
  },
  GetCacheEntryDownloadURL: {
    request: ["metadata", "key", "restore_keys", "version"],
    response: ["ok", "signed_download_url", "matched_key"],
  },
} as const;

export type Method = keyof typeof PROTOCOL;

export interface Call {
  method: Method;
  key: string;
  status: number;
}

export interface CacheService {
  /** For ACTIONS_RESULTS_URL. */
  url: string;
  calls: Call[];
  entries: Entry[];
  /** Downloads come from a host of Azure's, as on GitHub: `@actions/cache` fetches from those in parts. */
  azureNames: boolean;
  /** Where the blobs are for others, instead of on this machine's loopback: `https://…`. */
  blobsAt: string | undefined;
  /** Between the action and the blobs. */
  blobs: RecordingProxy;
  /** Decides for each call, before it is served, whether and how it fails. */
  fault:
    | ((call: Readonly<Call>) => Extract<Fault, { status: number } | "hang"> | undefined)
    | undefined;
  /** Signed addresses are good for so long; negative: expired at once. */
  validMs: number;
  /** So many new entries and no more: 429. */
  maxNew: number;
  /** What the runner puts into the environment of a step. */
  env(ref?: string, options?: { readOnly?: boolean; blind?: boolean }): Record<string, string>;
  /** Removes entries, as GitHub does when space runs out. */
  evict(which: (entry: Entry) => boolean): Promise<void>;
  /** Changes the stored archive of an entry. */
  alter(which: (entry: Entry) => boolean, change: (bytes: Buffer) => Buffer): Promise<void>;
  /** Bytes of archives that were downloaded and uploaded since {@link CacheService.calls} was emptied. */
  downloaded(): number;
  /** Forgets what was recorded, and all faults. */
  reset(): void;
  stop(): Promise<void>;
}

/** Starts the service and its blob server. */
export async function startCacheService(): Promise<CacheService> {
  const azurite = await startAzurite();
  const blobs = await startProxy(azurite.address);
  const grants = new Map<string, Grant>();
  let lastId = 0;
  let created = 0;
  const server = createServer((request, response) => {
    serve(request, response).catch((error) => answer(response, 500, { msg: String(error) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = JSON.parse(await text(request)) as Record<string, unknown>;
    const [, service, method] = /^\/twirp\/([^/]+)\/(\w+)$/.exec(request.url ?? "") ?? [];
    if (service !== SERVICE || !method || !(method in PROTOCOL)) {
      answer(response, 404, { code: "bad_route", msg: `no ${request.url}` });
      return;
    }
    const call: Call = { method: method as Method, key: String(body.key), status: 0 };
    self.calls.push(call);
    const fault = self.fault?.(call);
    if (fault === "hang") return;
    if (fault) {
      call.status = fault.status;
      response.writeHead(fault.status, { "content-type": "application/json", ...fault.headers });
      response.end(fault.body ?? "{}");
      return;
    }
    const grant = grants.get(/^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "");
    const unknown = Object.keys(body).filter(
      (field) => !(PROTOCOL[call.method].request as readonly string[]).includes(field),
    );
    const [status, reply] = !grant
      ? ([401, { code: "unauthenticated", msg: "no such token" }] as const)
      : unknown.length > 0
        ? ([400, { code: "malformed", msg: `unknown fields: ${unknown}` }] as const)
        : methods[call.method](body as unknown as Fields, grant);
    call.status = status;
    answer(response, status, reply);
  };

  interface Fields {
    key: string;
    version: string;
    restore_keys?: string[];
    size_bytes?: string;
  }
  type Reply = readonly [status: number, body: Record<string, unknown>];
  const methods: Record<Method, (request: Fields, grant: Grant) => Reply> = {
    CreateCacheEntry({ key, version }, { write }) {
      if (!write) {
        const msg = "cache write denied: the token of this run is read-only";
        return [403, { code: "permission_denied", msg }];
      }
      if (self.entries.some((one) => same(one, key, version, write))) {
        const msg = "cache entry with the same key, version, and scope already exists";
        return [409, { code: "already_exists", msg }];
      }
      created += 1;
      if (created > self.maxNew) return [429, { code: "resource_exhausted", msg: "rate limited" }];
      lastId += 1;
      const blob = randomUUID();
      const entry = { id: lastId, key, version, scope: write, blob, size: 0, finalized: false };
      self.entries.push(entry);
      const path = azurite.sign(blob, "write", self.validMs);
      const at = self.blobsAt ?? `http://${blobs.address}`;
      return [200, { ok: true, signed_upload_url: `${at}${path}` }];
    },
    FinalizeCacheEntryUpload({ key, version, size_bytes }, { write }) {
      const entry = self.entries.find((one) => same(one, key, version, write));
      if (!entry) return [404, { code: "not_found", msg: "no such entry" }];
      entry.size = Number(size_bytes);
      entry.finalized = true;
      return [200, { ok: true, entry_id: String(entry.id) }];
    },
    GetCacheEntryDownloadURL({ key, version, restore_keys = [] }, { read }) {
      if (read.length === 0) {
        const msg = "cache read denied: the token of this run has no readable scopes";
        return [403, { code: "permission_denied", msg }];
      }
      const entry = find(self.entries, read, [key, ...restore_keys], version);
      if (!entry) return [200, { ok: false }];
      const path = azurite.sign(entry.blob, "read", self.validMs);
      const [own = "", port] = blobs.address.split(":");
      const at = self.blobsAt ?? `http://${self.azureNames ? AZURE_HOST : own}:${port}`;
      const signed_download_url = `${at}${path}`;
      return [200, { ok: true, signed_download_url, matched_key: entry.key }];
    },
  };

  const self: CacheService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    calls: [],
    entries: [],
    azureNames: false,
    blobsAt: undefined,
    blobs,
    fault: undefined,
    validMs: 600_000,
    maxNew: 200,
    env(ref = "refs/heads/main", options = {}) {
      const token = `token-${randomUUID()}`;
      grants.set(token, grantFor(ref, options));
      return {
        ACTIONS_RESULTS_URL: self.url,
        ACTIONS_RUNTIME_TOKEN: token,
        ACTIONS_CACHE_SERVICE_V2: "true",
      };
    },
    async evict(which) {
      for (const entry of self.entries.filter(which)) await azurite.remove(entry.blob);
      self.entries = self.entries.filter((entry) => !which(entry));
    },
    async alter(which, change) {
      for (const { blob } of self.entries.filter(which)) {
        await azurite.overwrite(blob, change(await azurite.read(blob)));
      }
    },
    downloaded: () =>
      blobs.requests
        .filter(({ method }) => method === "GET")
        .reduce((sum, { path, range }) => sum + bytesOf(sizeOf(self.entries, path) ?? 0, range), 0),
    reset() {
      self.calls.length = 0;
      blobs.requests.length = 0;
      created = 0;
      self.maxNew = 200;
      self.validMs = 600_000;
      self.azureNames = false;
      self.fault = undefined;
      blobs.fault = undefined;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await blobs.stop();
      await (azurite as Azurite).stop();
    },
  };
  return self;
}

function same(entry: Entry, key: string, version: string, scope: string | undefined): boolean {
  return entry.key === key && entry.version === version && entry.scope === scope;
}

function sizeOf(entries: readonly Entry[], path: string): number | undefined {
  return entries.find(({ blob }) => path.includes(`/${blob}?`))?.size;
}

/** Of a whole, or of the part that was asked for. */
function bytesOf(size: number, range: string | undefined): number {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  return first === undefined ? size : Math.min(Number(last), size - 1) - Number(first) + 1;
}

async function text(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  if (!response.headersSent) response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
