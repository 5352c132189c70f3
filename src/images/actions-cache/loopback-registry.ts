import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { ByteRange } from "../../registry/blobs.ts";
import type { BlobCache } from "./blob-cache.ts";
import { maxDocumentBytes } from "./limits.ts";
import { startUpload, type Upload } from "./upload.ts";

export interface LoopbackRegistry {
  /** `127.0.0.1:<port>/<run's id>-<secret>`: what an image's name begins with. The engine trusts it without TLS. */
  readonly address: string;
  /** Whether anybody who knows the secret has asked it anything. */
  contacted(): boolean;
  /** The digest that was pushed under `<repository>:<tag>`, without the secret. */
  pushed(tag: string): string | undefined;
  close(): Promise<void>;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** Without the secret. */
  readonly repository: string;
  readonly reference: string;
}

/**
 * A registry for this machine's engine alone, in front of a blob cache: the OCI distribution
 * protocol, as far as push and pull use it. Nobody who does not know its secret gets anything; it
 * does not keep the process alive.
 *
 * @param folder where uploads are written
 * @param runId lower case letters and digits
 */
export async function startLoopbackRegistry(
  blobs: BlobCache,
  folder: string,
  runId: string,
): Promise<LoopbackRegistry> {
  const secret = `${runId}-${randomBytes(16).toString("hex")}`;
  const uploads = new Map<string, Upload>();
  const tags = new Map<string, string>();
  const sockets = new Set<Socket>();
  let contacted = false;

  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      // a stream that broke off: a whole answer must not be taken for it
      if (response.headersSent) {
        response.destroy();
      } else {
        refuse(response, 500, "UNKNOWN");
      }
    });
  });
  server.on("connection", (socket) => {
    socket.unref();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.requestTimeout = 0; // a layer of gigabytes takes its time
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  server.unref();

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", "http://loopback");
    response.setHeader("docker-distribution-api-version", "registry/2.0");
    if (url.pathname === "/v2/" && (request.method === "GET" || request.method === "HEAD")) {
      send(response, 200, "{}");
      return;
    }
    const path = new RegExp(`^/v2/${secret}/(.+)/(manifests|blobs|blobs/uploads)/([^/]*)$`);
    const [, repository, kind, reference] = path.exec(url.pathname) ?? [];
    if (repository === undefined || reference === undefined) {
      refuse(response, 404, "NAME_UNKNOWN");
      return;
    }
    contacted = true;
    const exchange = { request, response, query: url.searchParams, repository, reference };
    if (kind === "manifests") {
      await manifest(exchange);
    } else if (kind === "blobs") {
      await blob(exchange);
    } else {
      await upload(exchange);
    }
  };

  const manifest = async (exchange: Exchange) => {
    const { request, response, repository, reference } = exchange;
    if (request.method === "PUT") {
      await putManifest(exchange);
      return;
    }
    const digest = reference.startsWith("sha256:")
      ? reference
      : tags.get(`${repository}:${reference}`);
    const found = digest === undefined ? undefined : await blobs.get(digest);
    if (found === undefined || found.size > maxDocumentBytes || !isRead(request)) {
      refuse(response, 404, "MANIFEST_UNKNOWN");
      return;
    }
    const bytes = await buffer(await found.open());
    response.setHeader("docker-content-digest", digest as string);
    send(response, 200, bytes, request.method === "HEAD", mediaType(bytes));
  };

  const putManifest = async ({ request, response, repository, reference }: Exchange) => {
    const received = startUpload(folder);
    await received.append(request);
    const [digest, size] = [received.digest(), received.size()];
    const wrong = reference.startsWith("sha256:") && reference !== digest;
    if (size > maxDocumentBytes || wrong) {
      await received.remove();
      refuse(response, 400, "MANIFEST_INVALID");
      return;
    }
    await blobs.put(digest, received.file, size);
    if (!reference.startsWith("sha256:")) {
      tags.set(`${repository}:${reference}`, digest);
    }
    response.setHeader("docker-content-digest", digest);
    response.setHeader("location", `/v2/${secret}/${repository}/manifests/${digest}`);
    send(response, 201, "");
  };

  const blob = async ({ request, response, reference }: Exchange) => {
    const head = request.method === "HEAD";
    const size = head ? await blobs.has(reference) : undefined;
    const found = head || !isRead(request) ? undefined : await blobs.get(reference);
    const total = size ?? found?.size;
    if (total === undefined) {
      refuse(response, 404, "BLOB_UNKNOWN");
      return;
    }
    const range = parseRange(request.headers.range, total);
    if (range === "invalid") {
      response.setHeader("content-range", `bytes */${total}`);
      refuse(response, 416, "RANGE_INVALID");
      return;
    }
    // before anything is said: an engine tries a connection that breaks off again and again
    const content = total === 0 ? undefined : await found?.open(range).catch(() => null);
    if (content === null) {
      refuse(response, 404, "BLOB_UNKNOWN");
      return;
    }
    response.setHeader("docker-content-digest", reference);
    response.setHeader("content-type", "application/octet-stream");
    response.setHeader("accept-ranges", "bytes");
    response.setHeader("content-length", range ? range.end - range.start + 1 : total);
    if (range !== undefined) {
      response.setHeader("content-range", `bytes ${range.start}-${range.end}/${total}`);
    }
    response.writeHead(range === undefined ? 200 : 206);
    if (content === undefined) {
      response.end();
      return;
    }
    try {
      await pipeline(content, response);
    } finally {
      content.destroy(); // also where the engine had gone before there was anything to send
    }
  };

  const upload = async ({ request, response, query, repository, reference }: Exchange) => {
    const begins = request.method === "POST" && reference === "";
    const current = begins ? startUpload(folder) : uploads.get(reference);
    if (current === undefined) {
      refuse(response, 404, "BLOB_UPLOAD_UNKNOWN");
      return;
    }
    uploads.set(current.id, current);
    if (request.method === "DELETE") {
      uploads.delete(current.id);
      await current.remove();
      send(response, 204, "");
      return;
    }
    try {
      await current.append(request);
    } catch (error) {
      uploads.delete(current.id);
      await current.remove();
      throw error;
    }
    const wanted = query.get("digest");
    if (wanted === null || request.method === "PATCH") {
      response.setHeader("location", `/v2/${secret}/${repository}/blobs/uploads/${current.id}`);
      response.setHeader("docker-upload-uuid", current.id);
      response.setHeader("range", `0-${Math.max(0, current.size() - 1)}`);
      send(response, request.method === "GET" ? 204 : 202, "");
      return;
    }
    uploads.delete(current.id);
    const digest = current.digest();
    if (digest !== wanted) {
      await current.remove();
      refuse(response, 400, "DIGEST_INVALID");
      return;
    }
    await blobs.put(digest, current.file, current.size());
    response.setHeader("docker-content-digest", digest);
    response.setHeader("location", `/v2/${secret}/${repository}/blobs/${digest}`);
    send(response, 201, "");
  };

  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}/${secret}`,
    contacted: () => contacted,
    pushed: (tag) => tags.get(tag),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) {
          socket.destroy();
        }
      }),
  };
}

function isRead({ method }: IncomingMessage): boolean {
  return method === "GET" || method === "HEAD";
}

/** One range of bytes, as engines ask for after a broken download. Pure. */
export function parseRange(
  header: string | undefined,
  total: number,
): ByteRange | "invalid" | undefined {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === undefined) {
    return undefined; // none, or a form nobody uses: the whole is a right answer, too
  }
  const start = Number(from);
  const end = to ? Math.min(Number(to), total - 1) : total - 1;
  return start < total && start <= end ? { start, end } : "invalid";
}

function send(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headOnly = false,
  type = "application/json",
): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
  });
  response.end(headOnly ? undefined : body);
}

function refuse(response: ServerResponse, status: number, code: string): void {
  send(response, status, JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }));
}

function mediaType(manifest: Buffer): string {
  try {
    const { mediaType } = JSON.parse(manifest.toString("utf8")) as { mediaType?: unknown };
    if (typeof mediaType === "string") {
      return mediaType;
    }
  } catch {
    // the engine will say what is wrong with it
  }
  return "application/vnd.oci.image.manifest.v1+json";
}
