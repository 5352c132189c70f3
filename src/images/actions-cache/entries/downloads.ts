import type { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { constants, openSync } from "node:fs";
import type { ClientRequest, IncomingMessage } from "node:http";
import { megabytes } from "../../../log/text.ts";
import type { Archive, Wrong } from "./unpack.ts";

// `@actions/cache` downloads an archive of any size, has it unpacked, and removes it. It is told no limit, and gives the
// archive to nobody: so its connections are looked at, and what it prints.

/** One restore's download. */
export interface Download {
  /** Larger archives are not downloaded. */
  readonly maxBytes: number;
  /** What is wrong with the last answer. */
  wrong?: Wrong | undefined;
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
      download.wrong = whatIsWrong(response, download.maxBytes);
      if (download.wrong?.refused) {
        response.destroy();
      }
    });
  });
}

/** What is wrong with an answer that should be an archive; an error's text would be taken for one. Pure. */
export function whatIsWrong(
  { statusCode, headers }: Pick<IncomingMessage, "statusCode" | "headers">,
  maxBytes: number,
): Wrong | undefined {
  if (statusCode !== 200) {
    return { why: `the entry's archive is answered with ${statusCode}`, refused: false };
  }
  const length = headers["content-length"];
  if (length === undefined || !/^\d+$/.test(length)) {
    return { why: "the entry's archive does not say how large it is", refused: true };
  }
  const why = `the entry's archive has ${megabytes(Number(length))}, and at most ${megabytes(maxBytes)} were promised`;
  return Number(length) > maxBytes ? { why, refused: true } : undefined;
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
