import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../../log/json.ts";
import { baseTag, knownFrom, type RememberBase } from "../base-memory.ts";
import type { CacheEntries } from "./entries/cache-entries.ts";
import { imageKey } from "./entries/names.ts";
import { regularFileSize } from "./entries/regular-file.ts";
import { askForNewest } from "./image/newest-entry.ts";

/** What is kept of a base beside the images that are saved, to be found without knowing their keys. */
export interface BaseFacts {
  /** Of its name and platform: `base-<hash>`. */
  readonly tag: string;
  /** What images built on it say of it. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Five labels have less than a tenth of that. */
const maxBytes = 16_384;
const schema = z.record(z.string(), z.string());

function fileOf(tag: string): string {
  return `agent-runner-${tag}`;
}

/** Saves them as the newest. Nothing is said when that fails: it is for a bad day that may never come. */
export async function saveBaseFacts(
  entries: CacheEntries,
  folder: string,
  { tag, labels }: BaseFacts,
  now: number,
): Promise<void> {
  const file = fileOf(tag);
  const path = join(folder, file);
  try {
    await writeFile(path, JSON.stringify(labels));
    await entries.save(file, imageKey(file, now));
  } catch {
    // as if it had not been sent
  } finally {
    await rm(path, { force: true });
  }
}

/** @param open brings up the cache's client, which is closed again: nobody may have another question */
export function rememberedInActionsCache(
  open: () => Promise<{ readonly entries: CacheEntries; readonly folder: string }>,
): RememberBase {
  return async (reference, platform) => {
    const file = fileOf(baseTag(reference, platform));
    let entries: CacheEntries | undefined;
    try {
      const opened = await open();
      entries = opened.entries;
      const { fetch } = opened.entries;
      const none = await askForNewest((name, key) => fetch(name, key, maxBytes), file);
      const path = join(opened.folder, file);
      const size = none === undefined ? await regularFileSize(path) : undefined;
      if (size === undefined || size > maxBytes) {
        return undefined;
      }
      const labels = schema.safeParse(parseJson(await readFile(path, "utf8"))).data;
      return labels && knownFrom(labels, reference, platform, "the Actions cache");
    } catch {
      return undefined;
    } finally {
      entries?.close();
    }
  };
}
