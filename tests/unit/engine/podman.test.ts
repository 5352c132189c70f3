import { existsSync, writeFileSync } from "node:fs";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { LongOptions } from "../../../src/engine/cli.ts";
import { dockerEngine } from "../../../src/engine/engine.ts";
import { podman } from "../../../src/engine/program.ts";
import { ended, fakeDocker, inspected, only } from "../fakes.ts";

type Fakes = Parameters<typeof fakeDocker>;
const hex = "a".repeat(64);

/** An engine by podman's own command, and what it was asked. */
function by(...fakes: Fakes) {
  const cli = Object.assign(fakeDocker(...fakes), { program: podman });
  return { engine: dockerEngine(cli), calls: cli.calls };
}

describe("podman's own command", () => {
  it("is asked for its platform without a server", async () => {
    const { engine, calls } = by(() => ({ stdout: "linux/arm64 4.3.1" }));
    expect(await engine.platform()).toEqual({ os: "linux", architecture: "arm64" });
    expect(only(calls).join(" ")).toMatch(/^version --format .*\.Client\.OsArch/);
  });

  it("builds by itself, and nobody is asked", async () => {
    const { engine, calls } = by(() => undefined);
    expect(await engine.builds()).toBe("podman");
    expect(calls).toEqual([]);
  });

  it.each([
    ["", false],
    ["ssh://podman", true],
  ])("that says %j of where its engine is: elsewhere is %s", async (stdout, isRemote) => {
    expect(await by(() => ({ stdout })).engine.isRemote()).toBe(isRemote);
  });

  it("says of itself what Docker does", async () => {
    const said = {
      host: { memTotal: 25276510208, security: { rootless: true } },
      store: { graphDriverName: "overlay", graphRoot: "/home/me/.local/share/containers/storage" },
      registries: {
        search: ["docker.io"],
        "docker.io": { Insecure: false, Mirrors: [{ Location: "mirror.example" }] },
        "plain.example:5000": { Insecure: true, Mirrors: null },
      },
      version: { Version: "4.3.1" },
    };
    const { engine } = by(() => ({ stdout: JSON.stringify(said) }));
    expect(await engine.machine()).toEqual({
      memory: 25276510208,
      mapsUsers: true,
      isRootless: true,
      version: "4.3.1",
      driver: "overlay",
      hasContainerdStore: false,
      dataRoot: "/home/me/.local/share/containers/storage",
      registries: {
        mirrors: ["mirror.example"],
        insecureHosts: ["plain.example:5000"],
        insecureNetworks: [],
      },
    });
  });

  it("does without a first process of the engine's where there is no catatonit", async () => {
    const missing =
      "Error: container-init binary not found on the host: stat /usr/libexec/podman/catatonit: no such file or directory";
    const { engine, calls } = by((args) =>
      args.includes("--init") ? { code: 125, stderr: missing } : { stdout: "id" },
    );
    const spec = { image: "it", entrypoint: "bash", command: [], init: true };
    expect(await engine.containers.create(spec)).toEqual({ id: "id" });
    expect(calls.map((args) => args.includes("--init"))).toEqual([true, false]);
    expect(calls[0]).toContain("--security-opt=label=disable");
  });

  it("calls images by their digests, as Docker does", async () => {
    const image = by(() => inspected({ Id: hex })).engine.images.inspect("it");
    expect((await image)?.id).toBe(`sha256:${hex}`);
    const of = by(() => ({ stdout: `${hex}\n` })).engine.containers.imageOf("task");
    expect(await of).toBe(`sha256:${hex}`);
  });

  it("keeps a container in Docker's format", async () => {
    const { engine, calls } = by(
      () => undefined,
      (_args, { output }) => {
        output?.write(`Storing signatures\n${hex}\n`);
        return ended(0);
      },
    );
    const kept = await engine.containers.commit("task", "it:1", [], { limitMs: 1_000 });
    expect(kept).toEqual({ id: `sha256:${hex}` });
    expect(only(calls)).toEqual(["commit", "--format=docker", "task", "it:1"]);
  });

  it("is given an archive where nothing of it is left", async () => {
    let folder = "";
    const { engine } = by(
      () => undefined,
      (_args: readonly string[], { env }: LongOptions) => {
        folder = env?.TMPDIR ?? "";
        writeFileSync(`${folder}/12345`, "a secret");
        return ended(0);
      },
    );
    expect(await engine.containers.copyIn("task", Readable.from(["tar"]))).toBeUndefined();
    expect(folder).not.toBe("");
    expect(existsSync(folder)).toBe(false);
  });

  it("writes the digest of what it pushed into a file", async () => {
    const { engine, calls } = by(
      () => undefined,
      (args) => {
        const file = args.find((word) => word.startsWith("--digestfile="))?.split("=")[1] ?? "";
        writeFileSync(file, `sha256:${hex}`);
        return ended(0);
      },
    );
    const pushed = await engine.images.push("127.0.0.1:5000/it:1", { limitMs: 1_000 });
    expect(pushed).toEqual({ digest: `sha256:${hex}` });
    expect(only(calls)).toEqual([
      ...["push", "--tls-verify=false", expect.stringMatching(/^--digestfile=/)],
      "127.0.0.1:5000/it:1",
    ]);
  });
});

it.each([
  ["linux/amd64 28.5.2", "buildx"],
  ["linux/amd64 20.10.24+dfsg1", "buildx"],
  ["linux/amd64 4.3.1", "podman's API"],
  ["linux/amd64 5.7.0-dev", "podman's API"],
  ["", "buildx"],
])(
  "a docker command whose engine is %j builds by %s, which is asked no more",
  async (stdout, builds) => {
    const cli = fakeDocker(() => ({ stdout }));
    const engine = dockerEngine(cli);
    await engine.platform().catch(() => {});
    expect([await engine.builds(), await engine.builds()]).toEqual([builds, builds]);
    expect(cli.calls).toHaveLength(1);
  },
);
