import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run, which } from "../../../scripts/shell.ts";
import { act, layer, messages, type Ran, salt } from "../support/act.ts";
import { buildImage, removeOwn, SMALL_BASE_IMAGE } from "../support/images.ts";
import { ensureNodeImage, NODE_IMAGE } from "../support/node-image.ts";
import { pathWith } from "../support/path-with.ts";
import { runnersWorkspace } from "../support/task-users.ts";

// The real Gemini CLI, the smallest of the four: 5 s from npm. Asked for its version it needs no model.

beforeAll(async () => void (await ensureNodeImage()));

const hash16 = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);
const version = { "cache-version": salt() };
const tool = {
  "base-image": NODE_IMAGE,
  agent: "gemini",
  "agent-args": "--version",
  prompt: "x",
};
/** The environment has the agent by itself, in an older version, as people install it without `agent-version`. */
const env = {
  "cached-preflight": "npm install --global @google/gemini-cli@0.59.0 --no-audit --no-fund",
  "cache-container-build": "true",
};
const sources = ({ layers }: Ran) => layers.map(({ name, source }) => [name, source]);

test("a real agent installed by the cached preflight runs", async () => {
  const { "base-image": base } = tool;
  const cold = await act({ "base-image": base, ...env, ...version, command: "gemini --version" });
  expect(sources(cold)).toEqual([["env", "built"]]);
  expect(cold.transcript).toBe("0.59.0\n");
  const warm = await act({ ...tool, ...env, ...version });
  expect(sources(warm)).toEqual([["env", "local"]]);
  expect(warm.transcript).toBe("0.59.0\n");
});

describe("with `agent-version`", () => {
  let first: Ran;

  test("a real agent has a layer of its own, on the environment's, and is warm the next time", async () => {
    const inputs = { ...tool, ...env, ...version, "agent-version": "0.61.0" };
    first = await act(inputs);
    // another version builds only the agent's layer, and is the one that runs
    expect(sources(first)).toEqual([
      ["env", "local"],
      ["agent", "built"],
    ]);
    expect(first.transcript).toBe("0.61.0\n");
    const warm = await act(inputs);
    expect(layer(warm, "agent")).toMatchObject({
      source: "local",
      key: layer(first, "agent").key,
    });
    expect(warm.outputs["cache-hit"]).toBe("true");
    expect(warm.transcript).toBe("0.61.0\n");
  });

  test("its key and labels are those of the contract, its parent's key among them", async () => {
    const { key, reference } = layer(first, "agent");
    const parent = layer(first, "env").key;
    const [agent, below, exact, file] = key.split("-");
    expect([agent, below, exact]).toEqual(["gemini", hash16(parent), hash16("0.61.0")]);
    expect(file).toMatch(/^[0-9a-f]{16}$/);
    expect(reference).toBe(`agent-runner-agent:${key}`);
    const format = "{{json .Config.Labels}}";
    const labels = JSON.parse(
      await run("docker", ["image", "inspect", "--format", format, reference]),
    ) as Record<string, string>;
    expect(labels).toMatchObject({
      "io.agent-runner.layer": "agent",
      "io.agent-runner.key": key,
      "io.agent-runner.parent": parent,
      "io.agent-runner.component.version": createHash("sha256").update("0.61.0").digest("hex"),
      "io.agent-runner.agent.integrity": expect.stringMatching(/^sha512-/),
    });
  });

  test("`latest` is the version that npm knows today, and the same key as that version", async () => {
    const npm = ["view", "@google/gemini-cli", "version"];
    // npm itself waits 10 s before it asks again, and the action waits 15 s for npm
    const patient = { npm_config_fetch_retries: "5", npm_config_fetch_retry_mintimeout: "500" };
    const latest = (await run("npm", npm, { env: patient })).trim();
    const planned = async (wanted: string) => {
      const inputs = { ...tool, ...env, ...version, mode: "plan", "agent-version": wanted };
      return layer(await act(inputs, { env: patient }), "agent").key;
    };
    const key = await planned("latest");
    expect(key.split("-")[2]).toBe(hash16(latest));
    expect(await planned(latest)).toBe(key);
    expect(await planned("0.60.0")).not.toBe(key);
  });

  test("a prebuild needs no prompt, and fails where npm cannot tell the version", async () => {
    const { prompt: _, ...inputs } = { ...tool, ...env, ...version, mode: "prebuild" };
    const built = await act({ ...inputs, "agent-version": "0.61.0" });
    expect(built.outputs.conclusion).toBe("success");
    expect(sources(built).at(-1)?.[0]).toBe("agent");
    const failed = await act(
      { ...inputs, "agent-version": "latest" },
      { env: await pathWith("npm", "exit 1") },
    );
    expect(failed.exitCode).toBe(1);
    expect(messages(failed, "error")).toEqual([
      expect.stringMatching(/agent image cannot be prebuilt.*`latest` of gemini/),
    ]);
  });

  test("a layer that cannot be built is installed at task start, from the environment's image", async () => {
    const result = await act({
      ...tool,
      ...env,
      ...version,
      // nothing of this version is there yet, and the build has no time for it
      "agent-version": "0.60.0",
      "build-timeout": "0.03",
    });
    expect(result.outputs.conclusion).toBe("success");
    expect(sources(result)).toEqual([
      ["env", "local"],
      ["agent", "failed"],
    ]);
    expect(result.transcript).toMatch(/^0\.60\.0$/m);
  });

  test("where neither the image nor the runner has npm, that is the one line of the error", async () => {
    const result = await act(
      // without a package manager either: nothing is installed in vain, twice
      { ...tool, "base-image": SMALL_BASE_IMAGE, "agent-version": "0.61.0", ...version },
      { env: await pathWith("npm", "exit 1") },
    );
    expect(result.exitCode).toBe(1);
    expect(messages(result, "error")).toEqual([
      expect.stringMatching(/installation of gemini 0\.61\.0.*Node\.js 20 or newer/),
    ]);
  });
});

describe("an image whose user is not root, with an older Node.js of its own", () => {
  const image = `agent-runner-test-node-user:${salt()}`;
  beforeAll(() =>
    buildImage(image, [
      `FROM ${NODE_IMAGE}`,
      // as far as anybody can tell by asking it
      "RUN printf '#!/bin/sh\\necho v12.22.0\\n' >/usr/local/bin/node && chmod 755 /usr/local/bin/node && ln -sf /usr/local/bin/node /usr/bin/node",
      "RUN useradd --uid 4321 --user-group --create-home --shell /bin/bash agent",
      "USER agent",
    ]),
  );
  afterAll(() => removeOwn(image));

  // npm's global folder is root's, and what is installed is installed as the image's user
  test("keeps it; the agent has one that it alone uses, at task start where npm cannot tell what `latest` is", async () => {
    const workspace = await runnersWorkspace();
    const speechless = await pathWith(
      "npm",
      "[[ $1 != view ]] || exit 1",
      `exec ${which("npm")} "$@"`,
    );
    const result = await act(
      {
        ...tool,
        ...version,
        "base-image": image,
        "agent-version": "latest",
        "run-preflight": "node --version",
      },
      { workspace, env: speechless },
    );
    expect(messages(result, "error")).toEqual([]);
    expect(sources(result)).toEqual([]);
    expect(messages(result, "warning")).toEqual([expect.stringMatching(/gemini `latest`/)]);
    expect(result.outputs.conclusion).toBe("success");
    expect(result.transcript).toMatch(/install gemini latest[\s\S]*^v12\.22\.0\n\d+\.\d+\.\d+$/m);
  });
});
