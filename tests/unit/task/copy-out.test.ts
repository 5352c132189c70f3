import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { dockerCli } from "../../../src/engine/cli.ts";
import { dockerEngine } from "../../../src/engine/engine.ts";
import { containerNamed } from "../../../src/task/container.ts";
import { settle } from "../../../src/task/workspace/lease.ts";

// What comes out of a container, from a docker command that ends in all the ways it can.

let temp: string;
let folders = 0;
beforeAll(async () => {
  temp = await mkdtemp(join(tmpdir(), "agent-runner-copy-out-"));
  await mkdir(join(temp, "work", "workspace"), { recursive: true });
  await writeFile(join(temp, "work", "workspace", "new"), "new");
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rm(temp, { recursive: true, force: true }));

/** An engine whose `docker` is these lines of shell. */
async function engineWhoseDocker(...lines: string[]) {
  const bin = join(temp, `bin-${folders++}`);
  await mkdir(bin);
  await writeFile(join(bin, "docker"), ["#!/bin/bash", ...lines].join("\n"));
  await chmod(join(bin, "docker"), 0o755);
  vi.stubEnv("PATH", `${bin}:${process.env.PATH}`); // short commands are looked up on our own PATH
  return dockerEngine(dockerCli({ PATH: process.env.PATH }));
}

async function containerWhoseDocker(...lines: string[]) {
  return containerNamed(await engineWhoseDocker(...lines), "task");
}

async function settled(workspace: string, scratch: string, ...lines: string[]) {
  const owner = { uid: 0, gid: 0 };
  const owed = { kind: "copied", workdir: "/workspace", workspace, owner } as const;
  const options = { runId: "1", container: "task", scratch };
  return (await settle(await engineWhoseDocker(...lines), owed, options)).warnings[0];
}

async function copyBack(
  ...lines: string[]
): Promise<{ wrong: string | undefined; files: string[] }> {
  const folder = join(temp, `folder-${folders++}`);
  await mkdir(folder);
  await writeFile(join(folder, "mine"), "mine");
  const wrong = await settled(folder, temp, ...lines);
  return { wrong, files: await readdir(folder) };
}

const archive = () => `tar -C ${join(temp, "work")} -c workspace`;

describe("the workspace is copied back", () => {
  it("as it is in the container", async () => {
    const { wrong, files } = await copyBack(archive());
    expect(wrong).toBeUndefined();
    expect(files).toEqual(["new"]);
  });

  it.each([
    [
      "fails before the first byte",
      () => "echo 'connection refused' >&2; exit 1",
      /connection refused/,
    ],
    ["says nothing and sends nothing", () => "exit 0", /archive is empty/],
    ["fails at the end of a file", () => `${archive()}; echo 'gone away' >&2; exit 1`, /gone away/],
    [
      "no longer has the folder",
      () => "echo 'Could not find the file /workspace in container task' >&2; exit 1",
      /no longer in the container/,
    ],
    ["is killed", () => "kill -9 $$", /./],
  ])("and nothing is removed when the engine %s", async (_how, line, why) => {
    const { wrong, files } = await copyBack(line());
    expect(wrong).toMatch(/could not all be copied back/);
    expect(wrong).toMatch(why);
    expect(files).toContain("mine");
  });

  it("and the engine is not waited for when it cannot be written", async () => {
    const { containers } = await engineWhoseDocker(
      `trap '' TERM; ${archive()}; cat /dev/zero`, // without an end
    );
    const read = async (sent: Readable) => {
      await once(sent, "readable");
      throw new Error("there is no room");
    };
    await expect(containers.copyOut("task", "/workspace", read)).rejects.toThrow(/no room/);
  });
});

describe("artifacts and notes", () => {
  const plenty = { bytes: 1e9, files: 1000 };

  it("that never end are given up, and the engine's command with them", async () => {
    const folder = join(temp, `folder-${folders++}`);
    await mkdir(join(folder, "in"), { recursive: true });
    await writeFile(join(folder, "in", "a"), "a");
    const parts = [
      `tar -C ${folder} -c in | head -c 2048`, // without the blocks that end an archive
      `truncate -s 8G ${folder}/hole; tar -C ${folder} --transform 's,^,in/,' -c hole`,
    ];
    const container = await containerWhoseDocker(...parts, "sleep 60");
    const found = await container.artifacts(join(folder, "out"), plenty);
    expect(found).toMatchObject({ files: ["a"], leftOut: { files: 1, unread: true } });
  });

  it("are none where the container has none", async () => {
    const container = await containerWhoseDocker("echo 'Could not find the file /x' >&2; exit 1");
    expect(await container.artifacts(temp, plenty)).toBeUndefined();
    expect(await container.notes()).toEqual(new Map());
  });

  it("are not taken for none when the engine fails", async () => {
    const container = await containerWhoseDocker("echo 'Cannot connect' >&2; exit 1");
    await expect(container.artifacts(temp, plenty)).rejects.toThrow(/Cannot connect/);
    await expect(container.notes()).rejects.toThrow(/Cannot connect/);
  });
});

it("a container that cannot be removed says why; one that is gone is no trouble", async () => {
  const stuck = await containerWhoseDocker("echo 'device or resource busy' >&2; exit 1");
  expect(await stuck.remove()).toBe("device or resource busy");
  const gone = await containerWhoseDocker("echo 'Error: No such container: task' >&2; exit 1");
  expect(await gone.remove()).toBeUndefined();
});
