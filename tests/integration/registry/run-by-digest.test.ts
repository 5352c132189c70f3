import { beforeAll, expect, test } from "vitest";
import { type DockerLog, dockerLog } from "../../harness/docker-log.ts";
import { act, layer, messages, printed, salt } from "../support/act.ts";
import { type HandMade, makeByHand } from "../support/by-hand.ts";
import { useRegistry } from "../support/registries.ts";
import { about, type ManifestJson, publishBase, registryApi, sharing } from "../support/sharing.ts";

const registry = useRegistry();
const inputs = () => sharing(registry(), { "cache-version": version });
const version = salt();
let docker: DockerLog;
let image: HandMade;
let key: string;
let good: { digest: string; manifest: ManifestJson };
let moved: { digest: string; manifest: ManifestJson };

beforeAll(async () => {
  docker = await dockerLog();
  await publishBase(registry());
  const planned = layer(await act({ ...inputs(), mode: "plan" }), "env");
  key = planned.key;
  const publish = async (text: string) => {
    image = await makeByHand(registry(), planned, text);
    await image.publish();
    const api = registryApi(registry());
    const digest = (await api.digestOf(image.repository, key)) ?? "";
    return { digest, manifest: await api.manifest(image.repository, key) };
  };
  moved = await publish("the other one");
  good = await publish("the right one");
  registry().requests.length = 0;
});

test("a tag that is moved between resolution and start is not followed", async () => {
  const api = registryApi(registry());
  let move: Promise<unknown> | undefined;
  registry().fault = async ({ path, userAgent }) => {
    // The tag has been resolved: what it led to is being looked at. Now somebody moves it, before anything is pulled.
    if (userAgent === "agent-runner" && path.includes("/agent-runner-env/blobs/")) {
      move ??= api.putManifest(image.repository, key, moved.manifest);
      await move;
    }
    return undefined;
  };
  try {
    const result = await act(inputs(), { env: docker.env });
    // `docker push` and this test write the same manifest in different bytes; what counts is what it holds.
    const now = await api.manifest(image.repository, key);
    expect(now.config.digest).toBe(moved.manifest.config.digest);
    expect(printed(result)).toEqual(["task: the right one"]);
    const reference = `${registry().address}/${image.repository}@${good.digest}`;
    expect(result.outputs.image).toBe(reference);
    expect(layer(result, "env").digest).toBe(good.digest);
    expect(messages(result, "warning")).toEqual([]);
    const [create = []] = await docker.beginningWith("create");
    expect(create).toContain(reference);
    expect(create.filter((word) => word.includes(key))).toEqual([]);
    const tags = about(registry(), "env").filter(({ path }) => path.endsWith(`/manifests/${key}`));
    expect(tags.map(({ method, userAgent }) => [method, userAgent])).toEqual([
      ["GET", "agent-runner"],
    ]);
  } finally {
    registry().fault = undefined;
  }
});
