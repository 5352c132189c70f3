import { beforeAll, expect, test } from "vitest";
import { type DockerLog, dockerLog } from "../../harness/docker-log.ts";
import { act, layer, messages, printed, type Ran, salt } from "../support/act.ts";
import { useEngine } from "../support/engines.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { useRegistry } from "../support/registries.ts";
import { asked, publishBase, sharing, writes } from "../support/sharing.ts";

// A team builds on `main`; a pull request starts on a machine that has nothing, not even the base image.
const registry = useRegistry();
const engine = useEngine();
const version = salt();
const inputs = () => sharing(registry(), { "cache-version": version });
let built: Ran;
let docker: DockerLog;
let warm: Ran;

beforeAll(async () => {
  await publishBase(registry());
  built = await act({ ...inputs(), push: "always" });
  docker = await dockerLog();
  registry().requests.length = 0;
  warm = await act(inputs(), { env: { ...docker.env, ...engine().env } });
});

test("the task runs in the image that was built elsewhere", async () => {
  expect(printed(built)).toHaveLength(1);
  expect(printed(warm)).toEqual(printed(built));
  expect(warm.outputs).toMatchObject({ "image-source": "registry", "cache-hit": "true" });
  expect(messages(warm, "warning")).toEqual([]);
  await nothingLeft(warm, { env: engine().env });
});

test("one resolution of the base, one of the image, by the action itself", () => {
  const ours = registry().requests.filter(({ userAgent }) => userAgent === "agent-runner");
  expect(ours.map(({ path }) => path.replace(/^\/v2\/|sha256:.*|-[0-9a-f]{16}.*/g, ""))).toEqual([
    "base/small/manifests/bookworm",
    "base/small/blobs/",
    "demo/agent-runner-env/manifests/bookworm",
    "demo/agent-runner-env/blobs/",
  ]);
  expect(asked(registry())).toEqual([
    ["manifests", 200],
    ["blobs", 200],
  ]);
  expect(writes(registry())).toEqual([]);
});

test("one pull, by digest, and nothing of the base image", async () => {
  const { digest } = layer(warm, "env");
  const reference = `${registry().address}/demo/agent-runner-env@${digest}`;
  expect(warm.outputs.image).toBe(reference);
  expect(await docker.beginningWith("pull")).toEqual([["pull", "--quiet", reference]]);
  const engines = registry().requests.filter(({ userAgent }) => userAgent.startsWith("docker/"));
  expect(engines.filter(({ path }) => path.includes("/base/"))).toEqual([]);
  expect(engines.filter(({ path }) => path.includes(`/manifests/${digest}`))).not.toEqual([]);
  expect(engines.filter(({ path }) => path.includes(`/manifests/bookworm-`))).toEqual([]);
  const blobs = engines.filter(({ method, path }) => method === "GET" && /\/blobs\//.test(path));
  expect(new Set(blobs.map(({ path }) => path)).size).toBe(blobs.length);
});

test("one container, and no command that is not needed", async () => {
  const words = (await docker.commands()).map(([first, second]) =>
    first === "image" || first === "container" ? `${first} ${second}` : first,
  );
  const count = (word: string) => words.filter((one) => one === word).length;
  expect(count("create")).toBe(1);
  expect(count("start")).toBe(1);
  expect(count("rm")).toBe(1);
  expect(count("image inspect")).toBe(1); // is it here? No.
  expect(count("tag")).toBe(1);
  expect(count("version")).toBe(1);
  for (const never of ["buildx", "build", "login", "push", "run", "image ls", "manifest"]) {
    expect(count(never), never).toBe(0);
  }
});
