import type { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { constants, openSync } from "node:fs";
import type { ClientRequest, IncomingMessage } from "node:http";
import { megabytes } from "../../../log/text.ts";
import type { Archive } from "./unpack.ts";

// `@actions/cache` downloads an archive of any size, has it unpacked, and removes it. It is told no limit, and gives the
// archive to nobody: so its connections are looked at, and what it prints.

/** One restore's download. */
export interface Download {
  /** Larger archives are not downloaded. */
  readonly maxBytes: number;
  /** Why it was broken off. */
  refused?: string;
}

/** Breaks off downloads that say that they are too large, or do not say how large they are. */
export function limitDownloads(
  current: AsyncLocalStorage<{ readonly download?: Download | undefined }>,
): void {
  subscribe("http.client.request.created", (message) => {
    const download = current.getStore()?.download;
    const { request } = message as { request: ClientRequest };
    if (download === undefined || request.method !== "GET") {
      return;
    }
    request.prependOnceListener("response", (response: IncomingMessage) => {
      const length = response.headers["content-length"];
      const why = response.statusCode === 200 ? tooLarge(length, download.maxBytes) : undefined;
      if (why !== undefined) {
        download.refused = why;
        response.destroy();
      }
    });
  });
}

/** Pure. */
export function tooLarge(length: string | undefined, maxBytes: number): string | undefined {
  if (length === undefined || !/^\d+$/.test(length)) {
    return "the entry's archive does not say how large it is";
  }
  return Number(length) > maxBytes
    ? `the entry's archive has ${megabytes(Number(length))}, and at most ${megabytes(maxBytes)} were promised`
    : undefined;
}

/** Opens the archive that a restore has downloaded, before it is removed; by the words of 6.3.0, which a test holds. */
export function archiveByWords() {
  let path: string | undefined;
  let descriptor: number | undefined;
  return {
    hear(text: string): void {
      const named = /^::debug::Archive path: (.+)$/m.exec(text)?.[1];
      if (named !== undefined) {
        path = unescaped(named.trim());
      } else if (path !== undefined && text.startsWith("Cache restored successfully")) {
        descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      }
    },
    /** The archive, once. */
    take(): Archive | undefined {
      const taken = descriptor;
      descriptor = undefined;
      return taken === undefined
        ? undefined
        : { descriptor: taken, packedWith: path?.endsWith(".tgz") ? "gzip" : "zstd" };
    },
  };
}

/** As workflow commands are written. */
function unescaped(text: string): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
}
