import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { actionYml, environmentSchema, readme } from "../../../scripts/generate.ts";
import { outputs } from "../../../src/report/outputs.ts";
import { settingNames } from "../../../src/settings/schema.ts";

const stored = (name: string) => readFileSync(join(import.meta.dirname, "../../..", name), "utf8");

describe("what follows from the schema is up to date (npm run generate)", () => {
  it("action.yml", () => expect(stored("action.yml")).toBe(actionYml()));
  it("environment.schema.json", () =>
    expect(stored("environment.schema.json")).toBe(environmentSchema()));
  it("README.md", () => expect(stored("README.md")).toBe(readme(stored("README.md"))));
});

describe("action.yml", () => {
  const action = parse(stored("action.yml"));

  it("has every setting and every output", () => {
    expect(Object.keys(action.inputs)).toEqual(settingNames);
    expect(Object.keys(action.outputs)).toEqual(Object.keys(outputs));
  });

  it("has no default but the token's: a default could not be told from a choice", () => {
    const withDefault = Object.entries(action.inputs as Record<string, { default?: string }>)
      .filter(([, input]) => "default" in input)
      .map(([name]) => name);
    expect(withDefault).toEqual(["github-token"]);
  });

  it("runs on node24, main and post", () => {
    expect(action.runs).toEqual({
      using: "node24",
      main: "dist/index.js",
      post: "dist/index.js",
    });
  });

  it.each(["mode", "base-image", "pull", "build-timeout", "user", "container-workdir"])(
    "names the default of %s in its description",
    (name) => expect(action.inputs[name].description).toMatch(/Default: \S/),
  );
});
