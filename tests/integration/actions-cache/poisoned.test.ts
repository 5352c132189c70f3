import { randomBytes } from "node:crypto";
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { which } from "../../../scripts/shell.ts";
import { folderBytes } from "../../../src/images/actions-cache/entries/folder-bytes.ts";
import { cacheWorker } from "../../../src/images/actions-cache/entries/worker.ts";
import { type Poison, pax, poisoned } from "./poison.ts";
import { makeLayer, newJob, publish } from "./store-support.ts";
import { isLayer, useCacheService, useEngine } from "./support.ts";

// Who may write to a repository's cache chooses every byte of an entry's archive.

const service = useCacheService();
const file = `sha256-${"a".repeat(64)}`;
const promised = 100_000;
const honest = "what was saved";
const zeros = Buffer.alloc(300_000_000);

/** The worker's folder, and one beside it that is nobody's business. */
interface Place {
  root: string;
  folder: string;
  outside: string;
  key: string;
}
let place: Place;
let made = 0;
beforeEach(async () => {
  const root = await realpath(await mkdtemp(join(tmpdir(), "agent-runner-poisoned-")));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  made += 1;
  place = {
    root,
    folder: join(root, "entries"),
    outside: join(root, "outside"),
    key: `entry-${made}`,
  };
  await mkdir(place.folder);
  await mkdir(place.outside);
  await writeFile(join(place.outside, "secret"), "secret");
  service().reset();
});

function worker(PATH = process.env.PATH) {
  const entries = cacheWorker({
    folder: place.folder,
    environment: { PATH, ...service().env() },
    stallMs: 60_000,
    lookupMs: 60_000,
    signal: new AbortController().signal,
  });
  onTestFinished(() => entries.close());
  return entries;
}

/** Saves an honest entry, whose archive then becomes another. */
async function save(entries: ReturnType<typeof worker>, archive?: Buffer): Promise<void> {
  const { folder, key } = place;
  await writeFile(join(folder, file), honest);
  expect(await entries.save(file, key)).toMatchObject({ outcome: "saved" });
  await rm(join(folder, file));
  if (archive) {
    await service().alter(
      (entry) => entry.key === key,
      () => archive,
    );
  }
}

/** All files there are around the worker, links and devices included. */
async function files(): Promise<string[]> {
  const entries = await readdir(place.root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

const saved: Poison = { name: file, content: honest };

/** What is tried, the archive, and the words of the miss. */
const refused: [string, () => { members: Poison[]; after?: Buffer }, RegExp][] = [
  [
    "an absolute name",
    () => ({ members: [{ name: join(place.outside, "absolute"), content: "x" }] }),
    /has \/.*\/outside\/absolute, which is not what was saved/,
  ],
  [
    "a name that leads out",
    () => ({ members: [{ name: "../up", content: "x" }] }),
    /has \.\.\/up, which is not what was saved/,
  ],
  [
    "a name that leads out, after the file",
    () => ({ members: [saved, { name: "../up", content: "x" }] }),
    /has \.\.\/up, which is not what was saved/,
  ],
  [
    "a detour to the right name",
    () => ({ members: [{ ...saved, name: `../entries/${file}` }] }),
    /has \.\.\/entries\/sha256-a+, which is not what was saved/,
  ],
  [
    "a name that a pax header turns into another",
    () => ({ members: [pax("path", "../up"), saved] }),
    /has \.\.\/up, which is not/,
  ],
  [
    "a name that GNU's long name turns into another",
    () => ({ members: [{ name: "././@LongLink", type: "L", content: "../up\0" }, saved] }),
    /has \.\.\/up, which is not/,
  ],
  [
    "a link, and a file that is written through it",
    () => ({ members: [{ name: file, type: "2", target: join(place.outside, "through") }, saved] }),
    /has sha256-a+ as a symbolic link/,
  ],
  [
    "a linked folder, and a file in it",
    () => ({
      members: [
        { name: "d", type: "2", target: place.outside },
        { name: "d/x", content: "x" },
      ],
    }),
    /has d, which is not what was saved/,
  ],
  [
    "a hard link to a file of the runner's",
    () => ({ members: [{ name: file, type: "1", target: join(place.outside, "secret") }, saved] }),
    /has sha256-a+ as a hard link/,
  ],
  ["a device", () => ({ members: [{ name: file, type: "3" }] }), /has sha256-a+ as a device/],
  ["a pipe", () => ({ members: [{ name: file, type: "6" }] }), /has sha256-a+ as a pipe/],
  ["a folder", () => ({ members: [{ name: file, type: "5" }] }), /has sha256-a+ as a folder/],
  [
    "a sparse file",
    () => ({ members: [pax("GNU.sparse.size", "99"), saved] }),
    /has sha256-a+ as a sparse file/,
  ],
  [
    "a sparse file of the older kind",
    () => ({ members: [{ ...saved, type: "S" }] }),
    /has sha256-a+ as something unknown/,
  ],
  ["the file twice", () => ({ members: [saved, saved] }), /has sha256-a+ twice/],
  ["nothing", () => ({ members: [] }), /archive is empty/],
  [
    "a file of 300 MB",
    () => ({ members: [{ name: file, content: zeros }] }),
    /has sha256-a+ with 300 MB, and at most 0\.1 MB were promised/,
  ],
  [
    "300 MB of empty blocks",
    () => ({ members: [saved], after: zeros }),
    /unpacks to more than 1\.1 MB/,
  ],
];

describe("an entry is not used whose archive has", () => {
  test.each(refused)("%s", async (_what, poison, says) => {
    const entries = worker();
    const { members, after } = poison();
    await save(entries, poisoned(members, after));
    const before = await files();
    let peak = 0;
    const watch = setInterval(async () => {
      peak = Math.max(peak, await folderBytes(place.folder));
    }, 5);
    const done = await entries.restore(file, place.key, promised);
    clearInterval(watch);
    expect(done).toMatchObject({
      outcome: "broken",
      why: expect.stringMatching(says),
      service: false,
    });
    expect(await files()).toEqual(before);
    expect(await readFile(join(place.outside, "secret"), "utf8")).toBe("secret");
    expect(peak).toBeLessThan(1_000_000);
    // asking again would bring the same
    expect(downloads()).toBe(1);
    // the others go on
    place.key += "-other";
    await save(entries);
    expect(await entries.restore(file, place.key, promised)).toMatchObject({ outcome: "hit" });
  });

  test("more than the archive could honestly become, whatever was promised", async () => {
    const entries = worker();
    await save(entries, poisoned([{ name: file, content: zeros }]));
    const before = await files();
    expect(await entries.restore(file, place.key, 10e9)).toMatchObject({
      outcome: "broken",
      why: expect.stringMatching(/with 300 MB, and at most \d+ MB were promised/),
    });
    expect(await files()).toEqual(before);
  });

  test("more bytes than can be unpacked to what was promised: it is not even downloaded", async () => {
    const entries = worker();
    await save(entries, poisoned([{ name: file, content: randomBytes(8_000_000) }]));
    const before = await files();
    expect(await entries.restore(file, place.key, promised)).toMatchObject({
      outcome: "broken",
      why: expect.stringMatching(/archive has 8\.0 MB, and at most 1\.1 MB were promised/),
    });
    expect(await files()).toEqual(before);
    expect(downloads()).toBe(1);
  });

  test("something behind its end", async () => {
    const entries = worker();
    await save(entries, poisoned([saved], randomBytes(1024)));
    const before = await files();
    expect(await entries.restore(file, place.key, promised)).toMatchObject({
      outcome: "broken",
      why: expect.stringMatching(/cannot be unpacked: Invalid tar header/),
    });
    expect(await files()).toEqual(before);
  });
});

describe("an entry is used", () => {
  test("with its bytes alone: no setuid, no owner, and no link that stood there", async () => {
    const entries = worker();
    await save(entries, poisoned([{ ...saved, mode: 0o6755 }]));
    const path = join(place.folder, file);
    await symlink(join(place.outside, "through"), path);
    expect(await entries.restore(file, place.key, promised)).toMatchObject({ outcome: "hit" });
    expect(await readFile(path, "utf8")).toBe(honest);
    expect(((await lstat(path)).mode & 0o7777).toString(8)).toBe("600");
    expect(await readdir(place.outside)).toEqual(["secret"]);
  });

  test("as it was saved, and no more than that stays", async () => {
    const entries = worker();
    await save(entries);
    const before = await files();
    expect(await entries.restore(file, place.key, honest.length)).toMatchObject({ outcome: "hit" });
    expect(await readFile(join(place.folder, file), "utf8")).toBe(honest);
    expect(await files()).toEqual([...before, join(place.folder, file)].sort());
  });

  test("in gzip, where the machine has no zstd", async () => {
    const bin = join(place.root, "the machine's");
    await mkdir(bin);
    for (const name of ["tar", "gzip"]) await symlink(which(name) ?? "", join(bin, name));
    const entries = worker(bin);
    await save(entries);
    await rm(bin, { recursive: true });
    expect(await entries.restore(file, place.key, promised)).toMatchObject({ outcome: "hit" });
    expect(await readFile(join(place.folder, file), "utf8")).toBe(honest);
  });
});

describe("in the store", () => {
  const first = useEngine("classic");
  const second = useEngine("containerd");

  test("a poisoned layer is a miss that names what was refused, and other images are restored", async () => {
    const parent = await makeLayer(first(), 1_200_000);
    const child = await makeLayer(first(), 1_200_000, parent);
    const saving = await newJob(first(), service());
    await publish(saving, parent);
    const before = new Set(service().entries.map(({ key }) => key));
    await publish(saving, child);
    await service().alter(
      ({ key }) => isLayer(key) && !before.has(key),
      () => poisoned([{ name: "../../up", content: "x" }]),
    );
    const job = await newJob(second(), service());
    expect(await job.restore(child.layer, child.expected)).toMatchObject({
      hit: false,
      trouble: true,
      why: expect.stringMatching(/the entry's archive has \.\.\/\.\.\/up, which is not what was/),
    });
    expect(await job.restore(parent.layer, parent.expected)).toMatchObject({ hit: true });
    expect(await readdir(join(job.folder, "actions-cache"))).not.toContain("up");
    expect(await readdir(job.folder)).toEqual(["actions-cache"]);
  });

  test("a poisoned archive of a whole image is never loaded", async () => {
    const image = await makeLayer(first(), 1_000);
    await publish(await newJob(first(), service(), { remote: true }), image);
    await service().alter(
      ({ key }) => key.includes(`archive-desktop-${image.layer.key}`),
      () => poisoned([{ name: "/agent-runner-poisoned", content: "x" }]),
    );
    const job = await newJob(second(), service(), { remote: true });
    expect(await job.restore(image.layer, image.expected)).toMatchObject({
      hit: false,
      trouble: true,
      why: expect.stringMatching(/has \/agent-runner-poisoned, which is not what was saved/),
    });
  });
});

function downloads(): number {
  return service().blobs.requests.filter(({ method }) => method === "GET").length;
}
