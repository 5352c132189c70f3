import { AsyncLocalStorage } from "node:async_hooks";
import { closeSync } from "node:fs";
import { restoreCache, saveCache } from "@actions/cache";
import { BlobClient, type BlobGetPropertiesResponse } from "@azure/storage-blob";
import { classifyError, classifyRestore, classifySave } from "./classify.ts";
import { archiveByWords, type Download, limitDownloads } from "./downloads.ts";
import { mostArchiveBytes } from "./member.ts";
import { useOwnPrograms } from "./own-programs.ts";
import type { Message, Outcome, Request } from "./protocol.ts";
import { unpack } from "./unpack.ts";

// The only place that knows `@actions/cache`, in a process of its own: it reads the working folder,
// GITHUB_WORKSPACE and RUNNER_TEMP, prints workflow commands, and can hang for good. Its parent gives
// it a folder that is all three, reads nothing it prints, and ends it when nothing moves.

/** What a request's work runs under. */
interface Work {
  readonly hear: (text: string) => void;
  readonly download?: Download | undefined;
}

/** Answers the parent process, for as long as there is one. */
export function answerParent(): void {
  // From GitHub's own hosts @actions/cache downloads parts of 128 MiB, of which two are in memory at a time
  // (440 MB at its peak, measured). Of a blob whose length it cannot find out it makes one stream instead, which is
  // several times faster than an engine unpacks.
  BlobClient.prototype.getProperties = async () => ({}) as BlobGetPropertiesResponse;
  const current = new AsyncLocalStorage<Work>();
  takeOutput(current);
  limitDownloads(current);
  useOwnPrograms(process.cwd());
  // the parent has ended, however it did: nobody waits for an answer any more
  process.on("disconnect", () => process.exit(0));
  process.on("message", (request: Request) => {
    const lines: string[] = [];
    let last = "0";
    const archive = archiveByWords();
    const hear = (text: string) => {
      archive.hear(text);
      const moved = /^Sent (\d+) of /.exec(text)?.[1];
      if (moved === undefined) {
        lines.push(text);
      } else if (moved !== last) {
        last = moved; // it is printed every second, whether anything moves or not
        tell({ id: request.id, moved: Number(moved) });
      }
    };
    const download =
      request.op === "restore" ? { maxBytes: mostArchiveBytes(request.maxBytes) } : undefined;
    current.run({ hear, download }, async () => {
      const done = await carryOut(request, { lines, archive, download }).catch(classifyError);
      tell({ id: request.id, done });
    });
  });
  tell({ ready: true });
}

/** From now on, what is printed goes to whoever a request's work runs under. */
function takeOutput(current: AsyncLocalStorage<Work>): void {
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    current.getStore()?.hear(text);
    const done = rest.find((argument) => typeof argument === "function") as
      | (() => void)
      | undefined;
    done?.();
    return true;
  }) as typeof process.stdout.write;
}

/** What became known of a request's work meanwhile. */
interface Heard {
  readonly lines: string[];
  readonly archive: ReturnType<typeof archiveByWords>;
  readonly download: Download | undefined;
}

async function carryOut(request: Request, heard: Heard): Promise<Outcome> {
  const { op, file, key } = request;
  const { lines } = heard;
  if (op === "save") {
    return classifySave(await saveCache([file], key), lines);
  }
  if (op === "lookup") {
    return classifyRestore(await restoreCache([file], key, [], { lookupOnly: true }), lines);
  }
  const first = await restore(request, heard);
  if (first.again !== true) {
    return first.outcome;
  }
  lines.length = 0; // a stream may break off once
  if (heard.download !== undefined) {
    heard.download.wrong = undefined;
  }
  return (await restore(request, heard)).outcome;
}

async function restore(
  { file, key, maxBytes }: Request,
  { lines, archive, download }: Heard,
): Promise<{ readonly outcome: Outcome; readonly again?: boolean }> {
  const outcome = classifyRestore(await restoreCache([file], key), lines);
  const kept = archive.take();
  if (download?.wrong !== undefined) {
    if (kept !== undefined) {
      closeSync(kept.descriptor);
    }
    return { outcome: broken(download.wrong.why), again: !download.wrong.refused };
  }
  if (outcome.outcome !== "hit") {
    return { outcome, again: outcome.outcome === "broken" && !outcome.service };
  }
  const wrong =
    kept === undefined
      ? { why: "the entry's archive was not kept", refused: true }
      : await unpack(kept, process.cwd(), { file, maxBytes });
  return wrong === undefined ? { outcome } : { outcome: broken(wrong.why), again: !wrong.refused };
}

/** An entry is not to be used; the service is. */
function broken(why: string): Outcome {
  return { outcome: "broken", why, service: false };
}

function tell(message: Message): void {
  if (process.connected) {
    process.send?.(message);
  }
}
