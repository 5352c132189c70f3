import { AsyncLocalStorage } from "node:async_hooks";
import { restoreCache, saveCache } from "@actions/cache";
import { BlobClient, type BlobGetPropertiesResponse } from "@azure/storage-blob";
import { classifyError, classifyRestore, classifySave } from "./classify.ts";
import type { Message, Outcome, Request } from "./protocol.ts";

// The only place that knows `@actions/cache`, in a process of its own: it reads the working folder,
// GITHUB_WORKSPACE and RUNNER_TEMP, prints workflow commands, and can hang for good. Its parent gives
// it a folder that is all three, reads nothing it prints, and ends it when nothing moves.

/** Answers the parent process, for as long as there is one. */
export function answerParent(): void {
  // From GitHub's own hosts @actions/cache downloads parts of 128 MiB, of which two are in memory at a time
  // (440 MB at its peak, measured). Of a blob whose length it cannot find out it makes one stream instead, which is
  // several times faster than an engine unpacks.
  BlobClient.prototype.getProperties = async () => ({}) as BlobGetPropertiesResponse;
  const printedTo = takeOutput();
  // the parent has ended, however it did: nobody waits for an answer any more
  process.on("disconnect", () => process.exit(0));
  process.on("message", (request: Request) => {
    const lines: string[] = [];
    let last = "0";
    const take = (text: string) => {
      const moved = /^Sent (\d+) of /.exec(text)?.[1];
      if (moved === undefined) {
        lines.push(text);
      } else if (moved !== last) {
        last = moved; // it is printed every second, whether anything moves or not
        tell({ id: request.id, moved: Number(moved) });
      }
    };
    printedTo.run(take, async () => {
      const done = await carryOut(request, lines).catch(classifyError);
      tell({ id: request.id, done });
    });
  });
  tell({ ready: true });
}

/** From now on, what is printed goes to whoever a request's work runs under. */
function takeOutput(): AsyncLocalStorage<(text: string) => void> {
  const printedTo = new AsyncLocalStorage<(text: string) => void>();
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    printedTo.getStore()?.(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8"));
    const done = rest.find((argument) => typeof argument === "function") as
      | (() => void)
      | undefined;
    done?.();
    return true;
  }) as typeof process.stdout.write;
  return printedTo;
}

async function carryOut({ op, file, key }: Request, lines: string[]): Promise<Outcome> {
  if (op === "save") {
    return classifySave(await saveCache([file], key), lines);
  }
  const lookupOnly = op === "lookup";
  const restore = async () =>
    classifyRestore(await restoreCache([file], key, [], { lookupOnly }), lines);
  const first = await restore();
  if (first.outcome !== "broken" || first.service || lookupOnly) {
    return first;
  }
  lines.length = 0; // a stream may break off once
  return restore();
}

function tell(message: Message): void {
  if (process.connected) {
    process.send?.(message);
  }
}
