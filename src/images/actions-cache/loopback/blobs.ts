import { pipeline } from "node:stream/promises";
import type { ByteRange } from "../../../registry/blobs.ts";
import type { BlobCache } from "../blobs/blob-cache.ts";
import { type Exchange, isRead, refuse } from "./exchange.ts";

/** Gives a blob, whole or a range of it; to a HEAD its size alone, for which nothing is fetched. */
export async function answerBlob(blobs: BlobCache, exchange: Exchange): Promise<void> {
  const { request, response, reference } = exchange;
  const head = request.method === "HEAD";
  const size = head ? await blobs.has(reference) : undefined;
  const found = head || !isRead(request) ? undefined : await blobs.get(reference);
  const total = size ?? found?.size;
  if (total === undefined) {
    refuse(exchange, 404, "BLOB_UNKNOWN");
    return;
  }
  const range = parseRange(request.headers.range, total);
  if (range === "invalid") {
    response.setHeader("content-range", `bytes */${total}`);
    refuse(exchange, 416, "RANGE_INVALID");
    return;
  }
  // before anything is said: an engine tries a connection that breaks off again and again
  const content = total === 0 ? undefined : await found?.open(range).catch(() => null);
  if (content === null) {
    refuse(exchange, 404, "BLOB_UNKNOWN");
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
