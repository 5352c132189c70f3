import { buffer } from "node:stream/consumers";
import { parseJson } from "../../../log/json.ts";
import type { BlobCache } from "../blobs/blob-cache.ts";
import { maxDocumentBytes } from "../limits.ts";
import { type Exchange, isRead, refuse, send } from "./exchange.ts";
import { startUpload } from "./upload.ts";

/** Manifests, which are blobs, too, and the tags that lead to them. */
export interface Manifests {
  readonly blobs: BlobCache;
  /** Where a manifest is written before it is a blob. */
  readonly folder: string;
  /** Digests by `<repository>:<tag>`, without the secret. */
  readonly tags: Map<string, string>;
}

export async function answerManifest(manifests: Manifests, exchange: Exchange): Promise<void> {
  if (exchange.request.method === "PUT") {
    await take(manifests, exchange);
  } else {
    await give(manifests, exchange);
  }
}

async function give({ blobs, tags }: Manifests, exchange: Exchange): Promise<void> {
  const { request, response, repository, reference } = exchange;
  const digest = isDigest(reference) ? reference : tags.get(`${repository}:${reference}`);
  const found = digest === undefined ? undefined : await blobs.get(digest);
  if (found === undefined || found.size > maxDocumentBytes || !isRead(request)) {
    refuse(exchange, 404, "MANIFEST_UNKNOWN");
    return;
  }
  const bytes = await buffer(await found.open());
  response.setHeader("docker-content-digest", digest as string);
  send(exchange, 200, bytes, mediaType(bytes));
}

async function take({ blobs, folder, tags }: Manifests, exchange: Exchange): Promise<void> {
  const { request, response, root, repository, reference } = exchange;
  const received = startUpload(folder);
  await received.append(request);
  const [digest, size] = [received.digest(), received.size()];
  const wrong = isDigest(reference) && reference !== digest;
  if (size > maxDocumentBytes || wrong) {
    await received.remove();
    refuse(exchange, 400, "MANIFEST_INVALID");
    return;
  }
  await blobs.put(digest, received.file, size);
  if (!isDigest(reference)) {
    tags.set(`${repository}:${reference}`, digest);
  }
  response.setHeader("docker-content-digest", digest);
  response.setHeader("location", `${root}/${repository}/manifests/${digest}`);
  send(exchange, 201);
}

function isDigest(reference: string): boolean {
  return reference.startsWith("sha256:");
}

/** OCI's where it does not say: the engine will tell what else is wrong with it. */
function mediaType(manifest: Buffer): string {
  const { mediaType } = (parseJson(manifest.toString("utf8")) ?? {}) as { mediaType?: unknown };
  return typeof mediaType === "string" ? mediaType : "application/vnd.oci.image.manifest.v1+json";
}
