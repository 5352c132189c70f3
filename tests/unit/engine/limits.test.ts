import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Docker, Ended } from "../../../src/engine/cli.ts";
import { refusalOf, runWithin } from "../../../src/engine/limits.ts";
import { ended, fakeDocker, sink } from "../fakes.ts";

/** A command that runs until it is told to end. */
function hanging(): { docker: Docker; graces: number[] } {
  const graces: number[] = [];
  const docker = fakeDocker(() => undefined);
  docker.start = () => {
    let end: (how: Ended) => void = () => {};
    const done = new Promise<Ended>((resolve) => {
      end = resolve;
    });
    return {
      done,
      end: (graceMs) => {
        graces.push(graceMs);
        end({ code: null, signal: "SIGTERM" });
        return done;
      },
    };
  };
  return { docker, graces };
}

describe("a docker command with a limit", () => {
  it("answers code and the last 16 KiB", async () => {
    const docker = fakeDocker(
      () => undefined,
      (_args, { output }) => {
        output?.write(`${"x".repeat(20_000)}end`);
        return ended(3);
      },
    );
    const result = await runWithin(docker, ["x"], { limitMs: 1_000 });
    expect(result).toMatchObject({ code: 3, timedOut: false });
    expect(result.tail).toHaveLength(16 * 1024);
    expect(result.tail.endsWith("xend")).toBe(true);
  });

  it("is ended, with a time of grace, when its time is over", async () => {
    const { docker, graces } = hanging();
    const result = await runWithin(docker, ["x"], { limitMs: 20 });
    expect(result).toMatchObject({ timedOut: true, code: null });
    expect(only(graces)).toBeGreaterThan(0);
  });

  it("is ended when the step is cancelled, before or while it runs, and that is no time-out", async () => {
    for (const before of [true, false]) {
      const { docker, graces } = hanging();
      const cancel = new AbortController();
      if (before) cancel.abort();
      const running = runWithin(docker, ["x"], { limitMs: 5_000, signal: cancel.signal });
      cancel.abort();
      expect(await running).toMatchObject({ timedOut: false, signal: "SIGTERM" });
      expect(graces).toHaveLength(1);
    }
  });

  // what is left would be written to a stream that its owner has ended
  it("has passed on everything when it answers, however slow the reader is", async () => {
    const seen: Buffer[] = [];
    const slow = new Writable({
      highWaterMark: 1024,
      write(chunk, _encoding, done) {
        seen.push(chunk);
        setTimeout(done, 2);
      },
    });
    const text = "0123456789abcde\n".repeat(4096);
    const docker = fakeDocker(
      () => undefined,
      async (_args, { output }) => {
        for (let at = 0; at < text.length; at += 4096) output?.write(text.slice(at, at + 4096));
        output?.write("the last line\n");
        return ended(1);
      },
    );
    const result = await runWithin(docker, ["x"], { limitMs: 5_000, output: slow });
    expect(result.tail).toMatch(/the last line\n$/);
    await new Promise<void>((resolve) => slow.end(resolve));
    expect(Buffer.concat(seen).toString()).toBe(`${text}the last line\n`);
  });

  it("takes nothing from the output it passes on", async () => {
    const output = sink();
    const docker = fakeDocker(
      () => undefined,
      (_args, options) => {
        options.output?.write("seen\n");
        return ended(0);
      },
    );
    await runWithin(docker, ["x"], { limitMs: 1_000, output: output.stream });
    expect(output.stream.writableEnded).toBe(false);
    expect(output.text()).toBe("seen\n");
  });
});

function only(items: readonly number[]): number {
  expect(items).toHaveLength(1);
  return items[0] ?? 0;
}

describe("a cancel of the step", () => {
  const patience = { limitMs: 60_000 };

  it("ends every command that has a limit, one that begins afterwards too", async () => {
    const cancel = new AbortController();
    const { docker } = hanging();
    const running = runWithin({ ...docker, cancelled: cancel.signal }, ["pull", "x"], patience);
    cancel.abort();
    const refused = { kind: "cancelled", reason: "the step was cancelled" };
    expect(refusalOf(await running)).toEqual(refused);
    const later = await runWithin({ ...docker, cancelled: cancel.signal }, ["pull"], patience);
    expect(refusalOf(later)).toEqual(refused);
  });

  it("does not end what cleans up", async () => {
    const { docker, graces } = hanging();
    const own = new AbortController();
    const removing = runWithin({ ...docker, cancelled: AbortSignal.abort() }, ["rm", "x"], {
      ...patience,
      cleansUp: true,
      signal: own.signal,
    });
    expect(graces).toEqual([]);
    own.abort();
    expect(await removing).toMatchObject({ cancelled: true });
  });
});
