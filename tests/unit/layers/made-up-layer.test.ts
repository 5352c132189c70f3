import { expect, it } from "vitest";
import { dockerEngine } from "../../../src/engine/engine.ts";
import { foundIn } from "../../../src/images/outcome.ts";
import { whatIsWrong } from "../../../src/images/verify.ts";
import { explainMiss } from "../../../src/images/why-a-miss.ts";
import { partOf, textComponent } from "../../../src/keys/components.ts";
import { hash16 } from "../../../src/keys/hash.ts";
import { planLayers } from "../../../src/layers/plan.ts";
import type { LayerRule } from "../../../src/layers/rule.ts";
import { componentWord, contentsOf, layerRules } from "../../../src/layers/rules.ts";
import { keyOutputs } from "../../../src/report/outputs.ts";
import { planTable } from "../../../src/report/plan-table.ts";
import { summary } from "../../../src/report/summary.ts";
import { base, fakeDocker, imageOf, noOptions, sha } from "../fakes.ts";
import { load } from "../settings/workspace.ts";

// A further layer costs one entry in the list: this one is there in this test alone.

const secretSauce: LayerRule = {
  name: "sauce",
  title: "sauce image",
  keyDescription: "Key of the sauce; empty without one.",
  words: { recipe: "the recipe" },
  content: async () => ({
    name: "sauce",
    title: "the sauce",
    scripts: [{ component: "recipe", file: "recipe.sh", text: "stir\n", label: "the recipe" }],
    files: [],
    cached: true,
    optional: false,
  }),
  component: (script) => textComponent(script.component, script.text),
  key: (_base, parent, components) =>
    ["sauce", hash16(parent?.key ?? ""), partOf(components, "recipe")].join("-"),
};
const rules = [...layerRules, secretSauce];

async function plan() {
  const preflight = { "cached-preflight": "make", "cache-container-build": "true" };
  const job = await load({ inputs: { "base-image": "debian:12", command: "true", ...preflight } });
  const contents = await contentsOf(job, { warn: () => {} }, rules);
  const layers = planLayers(base.identity, contents, noOptions, rules);
  return { contents, layers, sauce: layers.at(-1) ?? expect.fail("no layer") };
}

it("is planned on the others, with a key, labels and a template of its own", async () => {
  const { contents, layers, sauce } = await plan();
  expect(contents.map(({ title }) => title)).toEqual(["the environment", "the sauce"]);
  expect(layers.map(({ name }) => name)).toEqual(["env", "sauce"]);
  expect(sauce.key).toMatch(/^sauce-[0-9a-f]{16}-[0-9a-f]{16}$/);
  expect(sauce.reference).toBe(`agent-runner-sauce:${sauce.key}`);
  expect(sauce.components.map(({ name }) => name)).toEqual([
    "base",
    "preflight",
    "env-dockerfile",
    "recipe",
    "dockerfile",
  ]);
  expect(sauce.template).toContain("recipe.sh");
});

it("is verified, and a difference is told in its own words", async () => {
  const { sauce } = await plan();
  const expected = { platform: base.platform, baseDiffIds: base.diffIds };
  const image = imageOf(sauce);
  expect(whatIsWrong(image, sauce, expected)).toBeUndefined();
  const labels = { ...image.labels, "io.agent-runner.component.recipe": "0" };
  expect(whatIsWrong({ ...image, labels }, sauce, expected)).toMatch(/in recipe/);
  expect(componentWord("recipe", rules)).toBe("the recipe");
  expect(componentWord("sauce-dockerfile", rules)).toMatch(/^how the sauce image is built/);
});

it("has the reason of a miss in its own words", async () => {
  const { sauce } = await plan();
  const older = {
    ...sauce.labels,
    "io.agent-runner.key": "old",
    "io.agent-runner.component.recipe": "0",
  };
  const docker = fakeDocker(([, command]) => ({
    stdout: command === "ls" ? sha("1") : JSON.stringify(older),
  }));
  expect(await explainMiss(dockerEngine(docker), sauce, rules)).toBe(
    "the recipe changed since old",
  );
});

it("is in the outputs, the plan and the summary", async () => {
  const { layers, sauce } = await plan();
  expect(keyOutputs(layers, rules)).toMatchObject({ "sauce-key": sauce.key, "desktop-key": "" });
  const store = { name: "registry", title: "the registry" };
  const outcomes = layers.map((layer) => foundIn(store, layer, { digest: "sha256:1", ms: 1 }));
  expect(planTable(outcomes)).toEqual(
    expect.arrayContaining(["sauce image", `  key        ${sauce.key}`]),
  );
  const text = summary({ title: "T", facts: [], layers: outcomes, spans: [], warnings: [] });
  expect(text).toContain("| sauce image | found in the registry |");
});
