import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  rememberedInActionsCache,
  saveBaseFacts,
} from "../../../../src/images/actions-cache/base-entry.ts";
import { baseTag, labelsOfBase } from "../../../../src/images/base-memory.ts";
import { parseReference, type Reference } from "../../../../src/keys/reference.ts";
import { base, sha } from "../../fakes.ts";
import { fakeEntries } from "./fake-entries.ts";

const name = "debian:12";
const reference = parseReference(name) as Reference;
const platform = { os: "linux", architecture: "amd64" };
const facts = {
  tag: baseTag(reference, platform),
  labels: labelsOfBase(name, { ...base, named: sha("9") }),
};
const known = {
  ...{ digest: sha("b"), manifest: `debian@${sha("c")}`, named: sha("9") },
  from: "the Actions cache",
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-runner-base-entry-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("is saved under a short key with its time, and nothing of it stays here", async () => {
  let content = "";
  const entries = fakeEntries(async (_op, file) => {
    content = await readFile(join(folder, file), "utf8");
    return undefined;
  });
  await saveBaseFacts(entries, folder, facts, 1_700_000_000_000);
  expect(entries.asked).toEqual([`save agent-runner-${facts.tag}-1700000000000`]);
  expect(JSON.parse(content)).toEqual(facts.labels);
  expect(await readdir(folder)).toEqual([]);
});

it("is no trouble where it cannot be saved", async () => {
  await saveBaseFacts(fakeEntries(), join(folder, "nowhere"), facts, 0);
});

describe("what the Actions cache remembers of a base", () => {
  /** Asks a cache whose entry unpacks to what `unpack` makes. */
  async function ask(unpack?: (path: string) => Promise<unknown>, key = "1700000000000") {
    const entries = fakeEntries(async (_op, file, prefix) => {
      await unpack?.(join(folder, file));
      return unpack && { outcome: "hit", key: `${prefix}${key}` };
    });
    const remember = rememberedInActionsCache(async () => ({ entries, folder }));
    return { found: await remember(reference, platform), entries };
  }
  const having = (labels: object) => (path: string) => writeFile(path, JSON.stringify(labels));

  it("is the newest entry for its name and platform, by one question", async () => {
    const { found, entries } = await ask(having(facts.labels));
    expect(found).toEqual(known);
    expect(entries.asked).toEqual([`restore agent-runner-${facts.tag}-`]);
    expect(entries.closed).toBe(1);
  });

  it.each<[string, ((path: string) => Promise<unknown>) | undefined, string?]>([
    ["where there is none", undefined],
    ["of another name's entry", having(facts.labels), "x-1700000000000"],
    ["of another base", having({ ...facts.labels, "io.agent-runner.base.reference": "debian:13" })],
    ["of another repository", having({ ...facts.labels, "io.agent-runner.base.manifest": "evil" })],
    ["that is no JSON", (path) => writeFile(path, "{")],
    ["that is no labels", having([1])],
    ["that is too large", (path) => writeFile(path, " ".repeat(20_000))],
    ["that is a link", (path) => symlink("/etc/passwd", path)],
  ])("is nothing %s", async (_, unpack, key) => {
    const { found, entries } = await ask(unpack, key);
    expect(found).toBeUndefined();
    expect(entries.closed).toBe(1);
  });

  it("is nothing where the cache's client does not come up", async () => {
    const remember = rememberedInActionsCache(() => Promise.reject(new Error("no disk")));
    expect(await remember(reference, platform)).toBeUndefined();
  });
});
