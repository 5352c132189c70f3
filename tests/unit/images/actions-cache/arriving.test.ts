import { appendFile, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { arrivingBlob } from "../../../../src/images/actions-cache/blobs/arriving-blob.ts";
import { turns } from "../../../../src/images/actions-cache/blobs/turns.ts";

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-runner-arriving-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
const newFile = () => join(folder, `file-${files++}`);

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  let all = "";
  for await (const chunk of stream) all += chunk.toString();
  return all;
}

describe("a blob that arrives", () => {
  it("is read while it grows", async () => {
    const file = newFile();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const blob = arrivingBlob(file, 12, promise);
    await writeFile(file, "first,");
    expect(await blob.begun).toBe(true);
    const [all, part] = [text(await blob.open()), text(await blob.open({ start: 3, end: 8 }))];
    await pause(50);
    await appendFile(file, "second");
    resolve(true);
    expect(await all).toBe("first,second");
    expect(await part).toBe("st,sec");
  });

  it("that never comes has not begun", async () => {
    expect(await arrivingBlob(newFile(), 5, Promise.resolve(false)).begun).toBe(false);
  });

  it("breaks off when it ends too early, whole or not", async () => {
    for (const whole of [true, false]) {
      const file = newFile();
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const blob = arrivingBlob(file, 12, promise);
      await writeFile(file, "short");
      await blob.begun;
      const reading = text(await blob.open());
      resolve(whole);
      await expect(reading).rejects.toThrow("ended before");
    }
  });

  it("is no link to somewhere else", async () => {
    const secret = newFile();
    await writeFile(secret, "secret");
    const file = newFile();
    await symlink(secret, file);
    const blob = arrivingBlob(file, 6, Promise.resolve(true));
    await blob.begun;
    await expect(text(await blob.open())).rejects.toThrow();
  });
});

describe("turns", () => {
  const run = async (works: [order: number, size: number][]) => {
    const { take } = turns(100);
    const log: string[] = [];
    await Promise.all(
      works.map(([order, size]) =>
        take(order, size, async () => {
          log.push(`+${order}`);
          await pause(20);
          log.push(`-${order}`);
        }),
      ),
    );
    return log.join(" ");
  };

  it("lets large work go one by one, in order", async () => {
    expect(
      await run([
        [3, 500],
        [1, 500],
        [2, 500],
      ]),
    ).toBe("+1 -1 +2 -2 +3 -3");
  });

  it("lets small work go together", async () => {
    expect(
      await run([
        [2, 40],
        [1, 40],
      ]),
    ).toBe("+1 +2 -1 -2");
  });

  it("begins nothing that waits once it was cleared, and is there for what comes later", async () => {
    const { take, clear } = turns(100);
    const { promise, resolve } = Promise.withResolvers<string>();
    const running = take(1, 500, () => promise);
    const queued = take(2, 500, async () => "done");
    await pause(50);
    clear();
    expect(await queued).toBeUndefined();
    resolve("first");
    expect(await running).toBe("first");
    expect(await take(3, 500, async () => "later")).toBe("later");
  });

  it("goes on when a work fails", async () => {
    const { take } = turns(100);
    const failing = take(1, 500, async () => {
      throw new Error("no");
    });
    const other = take(2, 500, async () => "done");
    await expect(failing).rejects.toThrow("no");
    expect(await other).toBe("done");
  });
});
