import type { BlobCache } from "../blobs/blob-cache.ts";
import { type Exchange, refuse, send } from "./exchange.ts";
import { startUpload, type Upload } from "./upload.ts";

/** Blobs on their way in. */
export interface Uploads {
  readonly blobs: BlobCache;
  /** Where they are written. */
  readonly folder: string;
  /** Those that have begun, by their id. */
  readonly begun: Map<string, Upload>;
}

/** Begins an upload, takes a piece of one, ends it, or does all of that in one request. */
export async function answerUpload(uploads: Uploads, exchange: Exchange): Promise<void> {
  const { blobs, folder, begun } = uploads;
  const { request, response, query, root, repository, reference } = exchange;
  const begins = request.method === "POST" && reference === "";
  const current = begins ? startUpload(folder) : begun.get(reference);
  if (current === undefined) {
    refuse(exchange, 404, "BLOB_UPLOAD_UNKNOWN");
    return;
  }
  const forget = () => {
    begun.delete(current.id);
    return current.remove();
  };
  begun.set(current.id, current);
  if (request.method === "DELETE") {
    await forget();
    send(exchange, 204);
    return;
  }
  try {
    await current.append(request);
  } catch (error) {
    await forget();
    throw error;
  }
  const wanted = query.get("digest");
  if (wanted === null || request.method === "PATCH") {
    response.setHeader("location", `${root}/${repository}/blobs/uploads/${current.id}`);
    response.setHeader("docker-upload-uuid", current.id);
    response.setHeader("range", `0-${Math.max(0, current.size() - 1)}`);
    send(exchange, request.method === "GET" ? 204 : 202);
    return;
  }
  const digest = current.digest();
  if (digest !== wanted) {
    await forget();
    refuse(exchange, 400, "DIGEST_INVALID");
    return;
  }
  begun.delete(current.id);
  await blobs.put(digest, current.file, current.size());
  response.setHeader("docker-content-digest", digest);
  response.setHeader("location", `${root}/${repository}/blobs/${digest}`);
  send(exchange, 201);
}
