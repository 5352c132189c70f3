import { reasonOf } from "../../../log/trouble.ts";
import type { Outcome } from "./protocol.ts";

// `@actions/cache` answers "undefined" or -1 for a miss, a denial and a failure alike; what happened
// stands only in what it prints. Its words are those of 6.3.0; a test holds them.

/** How a restore or a lookup ended. Pure. */
export function classifyRestore(key: string | undefined, output: readonly string[]): Outcome {
  if (key !== undefined) {
    return { outcome: "hit", key };
  }
  const lines = messages(output);
  const denied = lines.find((line) => /cache read denied|does not permit reads/.test(line));
  if (denied !== undefined) {
    return { outcome: "denied", why: denied };
  }
  const failed = lines.findLast((line) => line.startsWith("Failed to restore: "));
  return failed === undefined ? { outcome: "miss" } : broken(failed);
}

/** How a save ended. Pure. */
export function classifySave(id: number, output: readonly string[]): Outcome {
  if (id !== -1) {
    const size = /^File Size: (\d+)$/m.exec(messages(output).join("\n"))?.[1];
    return { outcome: "saved", bytes: Number(size ?? 0) };
  }
  const lines = messages(output);
  const denied = lines.find((line) => /cache write denied|does not permit writes/.test(line));
  if (denied !== undefined) {
    return { outcome: "denied", why: denied };
  }
  // "another job may be creating this cache" is said of every failure; the reason is a debug line
  const reserve = lines.findLast((line) => line.startsWith("Failed to reserve cache: "));
  if (reserve !== undefined) {
    return /already exists|\(409\)|Response was not ok$/.test(reserve)
      ? { outcome: "exists" }
      : broken(reserve);
  }
  const failed = lines.findLast((line) => /^Failed to save: |^Unable to finalize/.test(line));
  return broken(failed ?? lines.at(-1) ?? "the entry was not saved");
}

/** What a thrown error means: `@actions/cache` throws only for what it was told wrongly. */
export function classifyError(error: unknown): Outcome {
  return broken(reasonOf(error));
}

function broken(message: string): Outcome {
  const service = /GetCacheEntryDownloadURL|CreateCacheEntry|FinalizeCacheEntry|ENV|env variable/;
  return { outcome: "broken", why: withoutSecrets(message), service: service.test(message) };
}

/** The text of messages, whether they were printed plain or as workflow commands. */
function messages(output: readonly string[]): readonly string[] {
  return output
    .join("")
    .split("\n")
    .map((line) =>
      line
        .replace(/^::(?:debug|warning|error|notice)[^:]*::/, "")
        .replaceAll("%0A", " ")
        .replaceAll("%0D", "")
        .replaceAll("%25", "%")
        .trim(),
    )
    .filter((line) => line !== "" && !line.startsWith("::add-mask::"));
}

/** A signed address is as good as a password. */
function withoutSecrets(text: string): string {
  return text.replace(/([?&]sig=)[^&\s"']+/g, "$1***");
}
