import { describe, expect, it } from "vitest";
import { dockerEngine } from "../../../src/engine/engine.ts";
import { readRefusal } from "../../../src/engine/words.ts";
import { isOfImage, whyNotStarted } from "../../../src/images/starts.ts";
import { ended, fakeDocker, sha } from "../fakes.ts";

const id = "c".repeat(64);

interface World {
  /** What `docker create` says when it refuses. */
  readonly create?: string;
  readonly start?: string;
  readonly code?: number;
  readonly cancelled?: boolean;
}

async function check({ create, start = "", code = 0, cancelled = false }: World) {
  const docker = fakeDocker(
    ([command]) =>
      command === "create" && create !== undefined ? { code: 1, stderr: create } : { stdout: id },
    (_args, { output }) => {
      output?.write(start);
      return ended(code);
    },
  );
  const signal = cancelled ? AbortSignal.abort() : new AbortController().signal;
  const options = { label: "io.agent-runner.run=1", limitMs: 1_000, signal };
  const why = await whyNotStarted(dockerEngine(docker), sha("a"), options);
  return { why, calls: docker.calls };
}

describe("whyNotStarted", () => {
  it("makes one container of its own label, without a network, starts and removes it", async () => {
    const { why, calls } = await check({});
    expect(why).toBeUndefined();
    expect(calls.map(([command]) => command)).toEqual(["create", "start", "rm"]);
    expect(calls[0]).toEqual(
      expect.arrayContaining(["--label=io.agent-runner.run=1", "--network=none", "--pull=never"]),
    );
    expect(calls[0]?.slice(-5)).toEqual([sha("a"), "--noprofile", "--norc", "-c", ":"]);
    expect(calls[2]?.at(-1)).toBe(id);
  });

  it.each<[string, World, RegExp | undefined]>([
    [
      "too many layers",
      { create: "Error response from daemon: max depth exceeded" },
      /max depth exceeded/,
    ],
    [
      "no such user",
      { start: "Error response from daemon: unable to find user x: no matching entries", code: 1 },
      /unable to find user x/,
    ],
    [
      "for another machine",
      { start: "exec /usr/bin/bash: exec format error", code: 255 },
      /format error/,
    ],
    ["a shell that ends badly and says nothing", { code: 139 }, /said nothing/],
    [
      "a cancel is nobody's failure",
      { code: null as unknown as number, cancelled: true },
      undefined,
    ],
  ])("%s", async (_what, world, why) => {
    const answer = (await check(world)).why;
    why === undefined ? expect(answer).toBeUndefined() : expect(answer?.reason).toMatch(why);
  });

  it("leaves no container when it could not be started", async () => {
    const { calls } = await check({ start: "no", code: 1 });
    expect(calls.at(-1)?.[0]).toBe("rm");
  });
});

/** What the engine says, and whether that is for the image to answer for. */
describe("isOfImage", () => {
  it.each<[string, boolean]>([
    ["Error response from daemon: max depth exceeded", true],
    ["exec /usr/bin/bash: exec format error", true],
    ['exec: "bash": executable file not found in $PATH', true],
    ["Error response from daemon: unable to find user x: no matching entries", true],
    ["Error response from daemon: No such image: agent-runner-env:x", true],
    ["Error response from daemon: failed to get reader: content digest sha256:1: not found", true],
    ["bash: error while loading shared libraries: libtinfo.so.6: cannot open shared object", true],
    ["Error response from daemon: mkdir /var/lib/docker/x: no space left on device", false],
    ["Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", false],
    ["permission denied while trying to connect to the Docker daemon socket", false],
    ["client version 1.20 is too old. Minimum supported API version is 1.24", false],
    ['Conflict. The container name "/x" is already in use by container "y"', false],
    ["exec /sbin/docker-init: no such file or directory", false],
    ["Your kernel does not support memory limit capabilities", false],
    ["network corporate not found", false],
  ])("%s", (said, itsOwn) => {
    expect(isOfImage(readRefusal(said))).toBe(itsOwn);
  });

  it.each(["too slow", "cancelled"] as const)("an end that was %s tells nothing", (kind) => {
    expect(isOfImage({ kind, reason: "" })).toBe(false);
  });
});
