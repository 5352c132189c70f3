import { expect, it } from "vitest";
import { dockerEngine } from "../../../../src/engine/engine.ts";
import { podman } from "../../../../src/engine/program.ts";
import { builder } from "../../../../src/modes/doctor/builder.ts";
import { engine, store } from "../../../../src/modes/doctor/engine.ts";
import { version } from "../../../../src/modes/doctor/runner.ts";
import { info, noEngine, told, worldOf } from "./world.ts";

const says =
  (said: object) =>
  ([verb]: readonly string[]) =>
    verb === "info" ? { stdout: JSON.stringify({ ...info, ...said }) } : undefined;

it.each([
  [{}, {}, "version 28.5.2, linux/amd64, by the context default"],
  [
    { SecurityOptions: ["name=rootless"] },
    {},
    "version 28.5.2, linux/amd64, rootless, by the context default",
  ],
  [
    { SecurityOptions: ["name=userns"] },
    {},
    "version 28.5.2, linux/amd64, userns-remap, by the context default",
  ],
  [
    {},
    { DOCKER_HOST: "ssh://me:s3cret@host.example:22" },
    "version 28.5.2, linux/amd64, by `DOCKER_HOST` ssh://host.example:22",
  ],
  [{ MemTotal: 0 }, {}, "version unknown, linux/amd64, by the context default"],
])("the engine with %j and %j", async (said, environment, expected) => {
  const { world } = await worldOf({ docker: says(said), environment });
  expect(told(await engine.at(world))).toEqual([`ok engine: ${expected}`]);
});

it("without an engine there is nothing to say but that", async () => {
  const { world } = await worldOf({
    docker: ([verb]) => (verb === "version" ? noEngine : undefined),
  });
  await expect(engine.at(world)).rejects.toThrow(/no Docker engine answers/);
});

it.each([
  [{}, "ok store: the classic image store, overlay2, in /nowhere/docker"],
  [
    { Driver: "overlayfs", DriverStatus: [["driver-type", "io.containerd.snapshotter.v1"]] },
    "ok store: containerd's image store, overlayfs, in /nowhere/docker",
  ],
  [{ MemTotal: 0 }, "note store: the engine does not say → ask it with `docker info`"],
])("the store of an engine that says %j", async (said, expected) => {
  expect(told(await store.at((await worldOf({ docker: says(said) })).world))).toEqual([expected]);
});

const buildx =
  (answers: Record<string, { code?: number; stdout?: string; stderr?: string }>) =>
  ([verb, noun = ""]: readonly string[]) =>
    verb === "buildx" ? answers[noun] : undefined;

it.each([
  [
    "its own",
    {},
    { inspect: {}, ls: { stdout: "default\ndefault" } },
    "ok buildx: version 0.29.1, with the builder default",
  ],
  [
    "another",
    { builder: "mine" },
    { inspect: {}, ls: { stdout: "mine\nmine0\ndefault" } },
    "ok buildx: version 0.29.1, with the builder mine; there are mine0, default, too",
  ],
  [
    "no list",
    {},
    { inspect: {}, ls: { code: 1 } },
    "ok buildx: version 0.29.1, with the builder default",
  ],
  [
    "one that is not there",
    { builder: "gone" },
    { inspect: { code: 1, stderr: 'ERROR: no builder "gone" found' }, ls: {} },
    'problem buildx: the builder gone cannot be used: ERROR: no builder "gone" found → leave `builder` out, or create it in an earlier step (`docker/setup-buildx-action`)',
  ],
  [
    "no buildx",
    {},
    { version: { code: 1, stderr: "docker: 'buildx' is not a docker command." } },
    "problem buildx: docker has no buildx: docker: 'buildx' is not a docker command. → install the buildx plugin; without it nothing is built, and everything is installed at each task's start",
  ],
])("the builder: %s", async (_, inputs, answers, expected) => {
  const { world } = await worldOf({ inputs, docker: buildx(answers) });
  expect(told(await builder.at(world))).toEqual([expected]);
});

it("the docker command has a version where no engine answers, too", async () => {
  const environment = { GITHUB_ACTION_REPOSITORY: "team/agent-runner", GITHUB_ACTION_REF: "v1" };
  const docker = () => ({ ...noEngine, stdout: "20.10.24\n" });
  expect(told(await version.at((await worldOf({ docker, environment })).world))).toEqual([
    expect.stringMatching(
      /^ok version: Agent Runner \d+\.\d+\.\d+ \(team\/agent-runner@v1\), Node\.js 24\.\S+, docker command 20\.10\.24$/,
    ),
  ]);
});

it.each<[string, Record<string, string>, string[]]>([
  ["no builder", {}, ["ok buildx: none: podman builds by itself"]],
  [
    "a builder that is named",
    { builder: "far" },
    ["note buildx: none: podman builds by itself → leave `builder` out: far is not used"],
  ],
])("podman's own command with %s", async (_what, inputs, lines) => {
  const { world } = await worldOf({ inputs });
  const cli = Object.assign(world.engine.cli, { program: podman });
  const by = { ...world, engine: dockerEngine(cli) };
  expect(told(await builder.at(by))).toEqual(lines);
});

it.each<[string, string[], string]>([
  ["no secrets", [], "ok buildx: not used: podman's Docker API builds, and takes no build secrets"],
  [
    "secrets",
    ["npm=NPM_TOKEN"],
    "problem buildx: not used: podman's Docker API builds, and takes no build secrets → use podman's own command, without docker on the `PATH`",
  ],
])("podman's Docker socket with %s", async (_what, secrets, line) => {
  const docker = ([verb]: readonly string[]) =>
    verb === "version" ? { stdout: "linux/amd64 4.3.1" } : undefined;
  const { world } = await worldOf({ docker });
  const settings = { ...world.job.settings, "build-secrets": secrets };
  const job = { ...world.job, settings };
  expect(told(await builder.at({ ...world, job }))).toEqual([line]);
});
