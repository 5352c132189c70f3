import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { BlobCache } from "../blobs/blob-cache.ts";
import { answerBlob } from "./blobs.ts";
import { refuse, send } from "./exchange.ts";
import { answerManifest, type Manifests } from "./manifests.ts";
import { answerUpload, type Uploads } from "./uploads.ts";

export interface LoopbackRegistry {
  /** `127.0.0.1:<port>/<run's id>-<secret>`: what an image's name begins with. The engine trusts it without TLS. */
  readonly address: string;
  /** Whether anybody who knows the secret has asked it anything. */
  contacted(): boolean;
  /** The digest that was pushed under `<repository>:<tag>`, without the secret. */
  pushed(tag: string): string | undefined;
  close(): Promise<void>;
}

/** What the registry knows while it runs. */
interface State extends Manifests, Uploads {
  /** `/v2/<secret>`: nothing else is answered but whether there is a registry. */
  readonly root: string;
  contacted: boolean;
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
  const state: State = {
    blobs,
    folder,
    root: `/v2/${secret}`,
    contacted: false,
    tags: new Map(),
    begun: new Map(),
  };
  const server = createServer((request, response) => {
    answer(state, request, response).catch(() => {
      // a stream that broke off: a whole answer must not be taken for it
      if (response.headersSent) {
        response.destroy();
      } else {
        refuse({ request, response }, 500, "UNKNOWN");
      }
    });
  });
  const close = await listen(server);
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}/${secret}`,
    contacted: () => state.contacted,
    pushed: (tag) => state.tags.get(tag),
    close,
  };
}

/** Listens on a free port of loopback; answers how to close it with all its connections. */
async function listen(server: Server): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
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
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) {
        socket.destroy();
      }
    });
}

async function answer(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { root } = state;
  const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://loopback");
  response.setHeader("docker-distribution-api-version", "registry/2.0");
  if (pathname === "/v2/" && (request.method === "GET" || request.method === "HEAD")) {
    send({ request, response }, 200, "{}");
    return;
  }
  const below = pathname.startsWith(`${root}/`) ? pathname.slice(root.length) : "";
  const [, repository, kind, reference] =
    /^\/(.+)\/(manifests|blobs|blobs\/uploads)\/([^/]*)$/.exec(below) ?? [];
  if (repository === undefined || reference === undefined) {
    refuse({ request, response }, 404, "NAME_UNKNOWN");
    return;
  }
  state.contacted = true;
  const exchange = { request, response, query, root, repository, reference };
  if (kind === "manifests") {
    await answerManifest(state, exchange);
  } else if (kind === "blobs") {
    await answerBlob(state.blobs, exchange);
  } else {
    await answerUpload(state, exchange);
  }
}
