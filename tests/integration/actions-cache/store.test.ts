import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Docker, dockerCli } from "../../../src/engine/cli.ts";
import { dockerEngine } from "../../../src/engine/engine.ts";
import { checkImage } from "../../../src/images/actions-cache/check-image.ts";
import { removeStaging } from "../../../src/images/actions-cache/session.ts";
import { repack, withOtherByte } from "./entry-bytes.ts";
import { engineOf, type Made, makeLayer, newJob, publish } from "./store-support.ts";
import {
  counts,
  type Engine,
  type ImageStore,
  imageStores,
  isLayer,
  useCacheService,
  useEngine,
} from "./support.ts";

const service = useCacheService();
/** Long enough for a worker to start on a busy machine, and less than `@actions/cache` waits for a stream by itself: 5 s. */
const stallMs = 3_000;

describe.each<ImageStore>(imageStores)("the store on the %s image store", (store) => {
  const first = useEngine(store);
  const second = useEngine(store);
  const has = async (engine: Engine, { layer }: Made) =>
    (await engine.tryDocker("image", "inspect", layer.reference)).code === 0;

  test("publishes once, and a rebuild anew: the newest is what is restored", async () => {
    service().reset();
    const made = await makeLayer(first(), 1_200_000);
    expect(await publish(await newJob(first(), service(), { now: () => 1 }), made)).toMatchObject({
      outcome: "sent",
      saved: { entries: 2 },
    });
    const again = await newJob(first(), service());
    expect(await publish(again, made)).toMatchObject({ outcome: "already there" });
    // its layers are there: one more entry, and that one small
    const rebuilt = await publish(again, made, true);
    expect(rebuilt).toMatchObject({ outcome: "sent", saved: { entries: 1 } });
    const keys = service()
      .entries.map(({ key }) => key)
      .filter((key) => key.includes(made.layer.key));
    expect(keys).toHaveLength(2);
    const found = await (await newJob(second(), service())).restore(made.layer, made.expected);
    expect(found).toMatchObject({
      hit: true,
      parent: { reference: made.layer.reference, anywhere: false },
    });
  });

  test("a child's entry does not hold its parent's layers again", async () => {
    const parent = await makeLayer(first(), 2_000_000);
    const child = await makeLayer(first(), 1_500_000, parent);
    const job = await newJob(first(), service());
    expect((await publish(job, parent))?.saved?.entries).toBe(2);
    const saved = (await publish(job, child))?.saved;
    expect(saved?.entries).toBe(2);
    expect(saved?.bytes).toBeLessThan(1_600_000);
    const found = await (await newJob(second(), service())).restore(child.layer, child.expected);
    expect(found.hit).toBe(true);
    expect(await has(second(), parent)).toBe(false);
  });

  test("probing looks and fetches no layer; a layer that is gone is told", async () => {
    const made = await makeLayer(first(), 1_200_000);
    await publish(await newJob(first(), service()), made);
    service().reset();
    const job = await newJob(second(), service());
    expect((await job.probe(made.layer, made.expected)).hit).toBe(true);
    expect(service().downloaded()).toBeLessThan(20_000);
    expect(await has(second(), made)).toBe(false);
    await service().evict(({ key }) => isLayer(key));
    const later = await newJob(second(), service());
    expect(await later.probe(made.layer, made.expected)).toMatchObject({
      hit: false,
      why: expect.stringMatching(/no longer there/),
    });
  });

  test("altered bytes are never run: a well-formed entry with other contents", async () => {
    const made = await makeLayer(first(), 1_200_000);
    await publish(await newJob(first(), service()), made);
    await service().alter(({ key }) => isLayer(key), withOtherByte);
    const found = await (await newJob(second(), service())).restore(made.layer, made.expected);
    expect(found).toMatchObject({ hit: false, trouble: true });
    expect(await has(second(), made)).toBe(false);
    const all = await second().docker("image", "ls", "--all", "--format", "{{.Repository}}");
    expect(all).not.toContain("127.0.0.1");
    await service().evict(() => true);
  });

  test("an image of another plan under the right key is no hit, and not left behind", async () => {
    const made = await makeLayer(first(), 1_200_000);
    const other = await makeLayer(first(), 1_200_000);
    await first().docker("tag", other.layer.reference, made.layer.reference);
    await publish(await newJob(first(), service()), made);
    const found = await (await newJob(second(), service())).restore(made.layer, made.expected);
    expect(found).toMatchObject({ hit: false, why: expect.stringMatching(/labels|label/) });
    expect(await has(second(), made)).toBe(false);
  });

  const hanging: [string, (key: string) => boolean][] = [
    ["a layer, while the engine waits for it", isLayer],
    // before any engine is asked
    ["an image's entry", () => true],
  ];
  test.each(hanging.slice(0, store === "classic" ? 2 : 1))(
    "a download that hangs is given up, and the cache with it: %s",
    async (_what, hangs) => {
      await service().evict(() => true);
      const made = await makeLayer(first(), 1_200_000);
      await publish(await newJob(first(), service()), made);
      const blobs = service().entries.flatMap(({ key, blob }) => (hangs(key) ? [blob] : []));
      service().reset();
      service().blobs.fault = ({ path }) =>
        blobs.some((blob) => path.includes(blob)) ? "hang" : undefined;
      const job = await newJob(second(), service(), { stallMs });
      const started = Date.now();
      const found = await job.restore(made.layer, made.expected);
      expect(Date.now() - started).toBeLessThan(60_000);
      expect(found).toMatchObject({
        hit: false,
        trouble: true,
        why: expect.stringMatching(/nothing moved for 3 s in the download of agent-runner-/),
      });
      // it was asked for, and never came
      const { requests } = service().blobs;
      const hung = requests.filter(({ path }) => blobs.some((blob) => path.includes(blob)));
      expect(hung).toMatchObject([{ method: "GET", status: 0 }]);
      expect(await has(second(), made)).toBe(false);
      expect(await job.restore(made.layer, made.expected)).toMatchObject({
        hit: false,
        trouble: false,
      });
      expect(await publish(job, made)).toMatchObject({ outcome: "failed" });
      service().reset();
    },
  );

  test("whole archives, where the engine is out of reach", async () => {
    const made = await makeLayer(first(), 1_200_000);
    service().reset();
    const saved = await publish(await newJob(first(), service(), { remote: true }), made);
    expect(saved).toMatchObject({ outcome: "sent", saved: { entries: 1 } });
    const job = await newJob(second(), service(), { remote: true });
    expect(await job.restore(made.layer, made.expected)).toMatchObject({ hit: true });
    expect(await second().docker("ps", "--all", "--quiet")).toBe("");
    expect(counts(service()).CreateCacheEntry).toBe(1);
  });

  test("an archive without layers, and one with another name, are never loaded", async () => {
    const made = await makeLayer(first(), 1_200_000);
    await publish(await newJob(first(), service(), { remote: true }), made);
    const archive = ({ key }: { key: string }) => key.includes(`archive-desktop-${made.layer.key}`);
    await service().alter(archive, (bytes) => repack(bytes, undefined, ["manifest.json"]));
    const job = await newJob(second(), service(), { remote: true });
    expect(await job.restore(made.layer, made.expected)).toMatchObject({
      hit: false,
      trouble: true,
      why: expect.stringMatching(/archive (lacks|is empty)/),
    });
    expect(await has(second(), made)).toBe(false);
    const stranger = await makeLayer(first(), 1_000);
    await first().docker("tag", made.layer.reference, stranger.layer.reference);
    const folder = await mkdtemp(join(tmpdir(), "agent-runner-archive-"));
    const file = join(folder, "stranger.tar");
    await first().docker("save", "--output", file, stranger.layer.reference);
    const bytes = await readFile(file);
    await rm(folder, { recursive: true });
    await service().alter(archive, (before) => repack(before, undefined, undefined, bytes));
    const again = await newJob(second(), service(), { remote: true });
    expect(await again.restore(made.layer, made.expected)).toMatchObject({
      hit: false,
      why: expect.stringMatching(/an image named/),
    });
    expect(await has(second(), stranger)).toBe(false);
  });

  test("an image whose parents are missing does not pass, whatever the engine says of it", async () => {
    const made = await makeLayer(first(), 1_200_000);
    const folder = await mkdtemp(join(tmpdir(), "agent-runner-trap-"));
    const file = join(folder, "image.tar");
    await first().docker("save", "--output", file, made.layer.reference);
    emptyArchive(file);
    const loaded = await second().tryDocker("load", "--input", file);
    await rm(folder, { recursive: true });
    const { reference } = made.layer;
    const { wrong } = await checkImage(
      engineOf(second()),
      reference,
      made.layer,
      made.expected,
      "t=1",
    );
    // the trap: containerd's store has tagged it and says that all went well
    expect([loaded.code === 0, await has(second(), made)]).toEqual(
      store === "containerd" ? [true, true] : [false, false],
    );
    expect((await second().tryDocker("create", reference, "true")).code).not.toBe(0);
    // without its layers the engine cannot even tell its platform
    expect(wrong).toMatch(
      store === "containerd" ? /^it is for , not|no container can be made/ : /does not have it/,
    );
    await second().tryDocker("image", "rm", "--force", made.layer.reference);
  });
});

describe("an engine whose loopback is not ours, though its address looks like it", () => {
  const first = useEngine("classic");
  const second = useEngine("containerd");
  /** To the engine our registry is at a port where nobody listens. */
  const elsewhere = (engine: Engine) => {
    const docker = dockerCli({ ...process.env, ...engine.env });
    const there = (args: readonly string[]) =>
      args.map((argument) => argument.replace(/^127\.0\.0\.1:\d+\//, "127.0.0.1:1/"));
    return dockerEngine({
      ...docker,
      ask: (...args) => docker.ask(...there(args)),
      start: (args, options) => docker.start(there(args), options),
    });
  };

  test("saves and gets whole archives", async () => {
    service().reset();
    const made = await makeLayer(first(), 1_200_000);
    const saving = await newJob(first(), service(), { engine: elsewhere(first()) });
    expect(await publish(saving, made)).toMatchObject({ outcome: "sent", saved: { entries: 1 } });
    const keys = service().entries.map(({ key }) => key);
    const ours = keys.filter((key) => key.includes(made.layer.key));
    expect(ours).toEqual([expect.stringMatching(/^agent-runner-archive-/)]);
    const there = await newJob(second(), service(), { remote: true });
    expect(await there.restore(made.layer, made.expected)).toMatchObject({ hit: true });
    expect((await second().tryDocker("image", "inspect", made.layer.reference)).code).toBe(0);
  });

  test("whose image is there layer by layer has a miss, and from then on asks for archives", async () => {
    service().reset();
    const made = await makeLayer(first(), 1_200_000);
    await publish(await newJob(first(), service()), made);
    const job = await newJob(second(), service(), { engine: elsewhere(second()) });
    expect(await job.restore(made.layer, made.expected)).toMatchObject({ hit: false });
    await publish(await newJob(first(), service(), { remote: true }), made);
    expect(await job.restore(made.layer, made.expected)).toMatchObject({ hit: true });
  });

  test("is not believed when it writes an archive without its layers", async () => {
    service().reset();
    const made = await makeLayer(first(), 1_200_000);
    const docker = dockerCli({ ...process.env, ...first().env });
    const forgetful: Docker = {
      ...docker,
      start(args, options) {
        const running = docker.start(args, options);
        const done = running.done.then((ended) => {
          if (args[0] === "save") emptyArchive(args[2] ?? "");
          return ended;
        });
        return { ...running, done };
      },
    };
    const job = await newJob(first(), service(), {
      engine: dockerEngine(forgetful),
      remote: true,
    });
    const done = await publish(job, made);
    expect(done).toMatchObject({ outcome: "failed", why: expect.stringMatching(/archive lacks/) });
    expect(service().calls.map(({ method }) => method)).not.toContain("CreateCacheEntry");
  });
});

/** As containerd's store writes it when it has only the snapshot of a layer. */
function emptyArchive(file: string): void {
  const manifest = JSON.parse(execFileSync("tar", ["-xOf", file, "manifest.json"]).toString());
  execFileSync("tar", ["--delete", "--file", file, ...manifest[0].Layers]);
}

describe("the service", () => {
  const engine = useEngine("classic");

  test("scopes: a branch reads main's entries, main reads no branch's", async () => {
    const made = await makeLayer(engine(), 1_000);
    await publish(await newJob(engine(), service(), { ref: "refs/heads/topic" }), made);
    const look = async (ref: string) =>
      (await (await newJob(engine(), service(), { ref })).probe(made.layer, made.expected)).hit;
    expect(await look("refs/heads/topic")).toBe(true);
    expect(await look("refs/heads/main")).toBe(false);
    expect(await look("refs/heads/other")).toBe(false);
    await publish(await newJob(engine(), service()), made);
    expect(await look("refs/heads/other")).toBe(true);
  });

  test("a rate limit while saving: told, and no entry that names what is not there", async () => {
    service().reset();
    const made = await makeLayer(engine(), 1_200_000);
    service().maxNew = 0;
    const done = await publish(await newJob(engine(), service()), made);
    expect(done).toMatchObject({ outcome: "failed", why: expect.stringMatching(/Rate limited/) });
    const keys = service().entries.map(({ key }) => key);
    expect(keys.filter((key) => key.includes(made.layer.key))).toEqual([]);
    service().reset();
  });

  test("another job that is just saving the same layer is left to it", async () => {
    const made = await makeLayer(engine(), 1_200_000);
    await publish(await newJob(engine(), service()), made);
    const blobs = service().entries.filter(({ key }) => isLayer(key));
    for (const blob of blobs) blob.finalized = false; // reserved, and still on its way
    await service().evict(({ key }) => !isLayer(key));
    const done = await publish(await newJob(engine(), service()), made);
    expect(done).toMatchObject({
      outcome: "already there",
      why: expect.stringMatching(/another job/),
    });
    expect(service().entries.filter(({ key }) => !isLayer(key))).toEqual([]);
    await service().evict(() => true);
  });

  test("an upload that hangs is given up", async () => {
    service().reset();
    const made = await makeLayer(engine(), 1_200_000);
    service().blobs.fault = () => "hang";
    const job = await newJob(engine(), service(), { stallMs });
    const done = await publish(job, made);
    expect(done).toMatchObject({
      outcome: "failed",
      why: expect.stringMatching(/nothing moved for 3 s in the upload of agent-runner-blob-/),
    });
    const [first] = service().blobs.requests;
    expect(first).toMatchObject({ method: "PUT", status: 0 });
    service().reset();
  });

  test("cancelled while it saves, it ends at once and leaves nothing", async () => {
    service().reset();
    const made = await makeLayer(engine(), 1_200_000);
    service().blobs.fault = () => "hang";
    const cancelled = new AbortController();
    const job = await newJob(engine(), service(), { signal: cancelled.signal });
    const saving = publish(job, made);
    while (service().blobs.requests.length === 0) await new Promise((done) => setTimeout(done, 50));
    cancelled.abort();
    const started = Date.now();
    expect(await saving).toMatchObject({
      outcome: "failed",
      why: expect.stringMatching(/cancelled/),
    });
    expect(Date.now() - started).toBeLessThan(15_000);
    await removeStaging(job.folder);
    expect(await readdir(job.folder)).toEqual([]);
    service().reset();
  });
});
