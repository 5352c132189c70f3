import { expect, test } from "vitest";
import { run } from "../../scripts/shell.ts";
import { dockerLog } from "../harness/docker-log.ts";
import { act, type LayerEntry, layer, messages, salt } from "./support/act.ts";
import { SMALL_BASE_IMAGE } from "./support/images.ts";
import { useRegistry } from "./support/registries.ts";

const registry = useRegistry();
const inputs = () => ({
  "base-image": SMALL_BASE_IMAGE,
  "headless-desktop": "optional",
  "desktop-install-script": "echo desktop >/desktop",
  "cached-preflight": "echo env >/env",
  "cache-desktop-build": "true",
  "cache-container-build": "true",
  "cache-version": salt(),
  registry: `${registry().address}/team`,
});

test("plan says what there is to do, as JSON and as a table, and does none of it", async () => {
  const docker = await dockerLog();
  const given = inputs();
  const result = await act({ ...given, mode: "plan" }, { env: docker.env });
  expect(result.exitCode).toBe(0);
  expect(messages(result, "warning")).toEqual([]);
  expect(result.layers.map(({ name }) => name)).toEqual(["desktop", "env"]);
  for (const { name, key, reference, source, components } of result.layers) {
    expect(reference).toBe(`agent-runner-${name}:${key}`);
    expect(source).toBe("none");
    for (const { sha256 } of components) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(result.log).toContain(sha256);
    }
    expect(components.find((one) => one.name === "dockerfile")?.text).toMatch(/^FROM \{\{parent/);
    expect(result.log).toContain(reference);
    expect(result.summary).toContain(key.replaceAll("_", "&#95;"));
  }
  // In the log, too, there is the JSON, and it is the same.
  const [, json = ""] =
    /The plan as JSON\n([\s\S]*?)\n##\[endgroup\]|The plan as JSON\n([\s\S]*?)\n::endgroup::/
      .exec(result.log)
      ?.filter((part) => part !== undefined) ?? [];
  expect(JSON.parse(json)).toEqual(result.layers);
  const words = (await docker.commands()).map(([first]) => first);
  expect(words).not.toContain("pull");
  expect(words).not.toContain("buildx");
  expect(words).not.toContain("create");
  expect(words).not.toContain("tag");
  expect(registry().requests.every(({ method }) => /GET|HEAD/.test(method))).toBe(true);
  const images = await run("docker", [
    "image",
    "ls",
    "--all",
    "--format",
    "{{.Repository}}:{{.Tag}}",
  ]);
  for (const { key } of result.layers) expect(images).not.toContain(key);
});

test("a plan is what a run then does, and says from where", async () => {
  const given = inputs();
  const before = await act({ ...given, mode: "plan" });
  const ran = await act({ ...given, push: "always", command: "true" });
  const keys = (layers: LayerEntry[]) => layers.map(({ key }) => key);
  expect(keys(ran.layers)).toEqual(keys(before.layers));
  const after = await act({ ...given, mode: "plan" });
  expect(after.layers.map(({ source, digest }) => [source, digest])).toEqual(
    ran.layers.map(({ digest }) => ["local", digest]),
  );
  await run("docker", ["image", "rm", "--force", layer(ran, "env").reference]);
  const apart = await act({ ...given, mode: "plan" });
  expect(apart.layers.map(({ source }) => source)).toEqual(["local", "registry"]);
  expect(layer(apart, "env").digest).toMatch(/^sha256:/);
});

test("keys are the same for the same input however it is written", async () => {
  const given = { ...inputs(), registry: "", mode: "plan" };
  const keys = async (changed: Record<string, string>) => {
    const { outputs } = await act({ ...given, ...changed });
    return [outputs["desktop-key"], outputs["env-key"]];
  };
  const same = await keys({ "cached-preflight": "echo env >/env  \r\n\r\n" });
  expect(same).toEqual(await keys({}));
  const [desktop, env] = await keys({ "cached-preflight": "echo env  >/env" });
  expect(desktop).toBe(same[0]);
  expect(env).not.toBe(same[1]);
});
