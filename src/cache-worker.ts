import { AsyncLocalStorage } from "node:async_hooks";
import { restoreCache, saveCache } from "@actions/cache";
import { classifyError, classifyRestore, classifySave } from "./images/actions-cache/classify.ts";
import type { Message, Outcome, Request } from "./images/actions-cache/protocol.ts";

// The only place that knows `@actions/cache`, in a process of its own: it reads the working folder,
// GITHUB_WORKSPACE and RUNNER_TEMP, prints workflow commands, and can hang for good. Its parent gives
// it a folder that is all three, reads nothing it prints, and ends it when nothing moves.

const printing = new AsyncLocalStorage<(text: string) => void>();

process.stdout.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
  printing.getStore()?.(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8"));
  const done = rest.find((argument) => typeof argument === "function") as (() => void) | undefined;
  done?.();
  return true;
}) as typeof process.stdout.write;

// the parent has ended, however it did: nobody waits for an answer any more
process.on("disconnect", () => process.exit(0));

process.on("message", (request: Request) => {
  const lines: string[] = [];
  let last = "0";
  const take = (text: string) => {
    const moved = /^(?:Sent|Received) (\d+) of /.exec(text)?.[1];
    if (moved === undefined) {
      lines.push(text);
    } else if (moved !== last) {
      last = moved; // it is printed every second, whether anything moves or not
      tell({ id: request.id, moved: Number(moved) });
    }
    if (text.startsWith("::debug::Downloading segment")) {
      globalThis.gc?.(); // it is going to take 128 MiB more; the last segment's are dead
    }
  };
  printing.run(take, async () => {
    const done = await carryOut(request, lines).catch(classifyError);
    tell({ id: request.id, done });
  });
});

async function carryOut({ op, file, key }: Request, lines: readonly string[]): Promise<Outcome> {
  if (op === "save") {
    return classifySave(await saveCache([file], key), lines);
  }
  const lookupOnly = op === "lookup";
  return classifyRestore(await restoreCache([file], key, [], { lookupOnly }), lines);
}

function tell(message: Message): void {
  if (process.connected) {
    process.send?.(message);
  }
}

tell({ ready: true });
