import { describe, expect, it } from "vitest";
import { whatIsWrong } from "../../../src/images/verify.ts";
import { fits, parsePlatform } from "../../../src/registry/documents.ts";
import { base, desktopContent, envContent, imageOf, layersOf, sha } from "../fakes.ts";

const layers = layersOf(desktopContent, envContent);
const expected = { platform: base.platform, baseDiffIds: base.diffIds };

describe.each(layers.map((layer) => [layer.name, layer] as const))("an image of %s", (_, layer) => {
  const honest = imageOf(layer);
  const lying = (label: string, value: string | undefined) => {
    const labels: Record<string, string> = { ...honest.labels };
    delete labels[label];
    return { ...honest, labels: value === undefined ? labels : { ...labels, [label]: value } };
  };

  it("that is what the plan says is a hit", () => {
    expect(whatIsWrong(honest, layer, expected)).toBeUndefined();
    expect(whatIsWrong(honest, layer, { ...expected, baseDiffIds: undefined })).toBeUndefined();
    const more = { ...honest, labels: { ...honest.labels, maintainer: "someone" } };
    expect(whatIsWrong(more, layer, expected)).toBeUndefined();
  });

  it.each(
    Object.keys(layer.labels).filter((label) => /\.(?:layer|key|component\..+)$/.test(label)),
  )("whose label %s lies or lacks is none", (label) => {
    for (const value of ["0".repeat(64), "", undefined]) {
      expect(whatIsWrong(lying(label, value), layer, expected)).toEqual(expect.any(String));
    }
  });

  it.each(layer.components.map(({ name }) => name))("names the component %s that lies", (name) => {
    const label = `io.agent-runner.component.${name}`;
    expect(whatIsWrong(lying(label, "f".repeat(64)), layer, expected)).toMatch(
      new RegExp(`\\b${name}\\b`),
    );
    // only the first 16 characters stand in the key: a collision shows in the rest
    const full = honest.labels[label] ?? "";
    const collision = `${full.slice(0, 16)}${"0".repeat(48)}`;
    expect(whatIsWrong(lying(label, collision), layer, expected)).toContain(name);
  });

  it("without any label is none", () => {
    expect(whatIsWrong({ ...honest, labels: {} }, layer, expected)).toMatch(/no label/);
  });

  it.each([
    ["other", [sha("9"), sha("2"), sha("3")]],
    ["in another order", [sha("2"), sha("1"), sha("3")]],
    ["too few", [sha("1")]],
    ["none", []],
    ["further up", [sha("3"), sha("1"), sha("2")]],
  ])("that does not begin with the base's layers is none: %s", (_what, diffIds) => {
    expect(whatIsWrong({ ...honest, diffIds }, layer, expected)).toMatch(/base image/);
  });

  it("of another platform is none", () => {
    const arm = { ...honest, platform: { os: "linux", architecture: "arm64" } };
    expect(whatIsWrong(arm, layer, expected)).toMatch(/linux\/arm64.*linux\/amd64/);
    const windows = { ...honest, platform: { os: "windows", architecture: "amd64" } };
    expect(whatIsWrong(windows, layer, expected)).toMatch(/windows/);
  });
});

describe("the other layer's image", () => {
  it("is none", () => {
    const [desktop, env] = layers;
    if (desktop === undefined || env === undefined) throw new Error("two layers are planned");
    expect(whatIsWrong(imageOf(desktop), env, expected)).toMatch(/"desktop"/);
    expect(whatIsWrong(imageOf(env), desktop, expected)).toMatch(/"env"/);
  });
});

describe("platforms", () => {
  it.each([
    ["linux/amd64", "linux/amd64", true],
    ["linux/arm64/v8", "linux/arm64", true],
    ["linux/arm64", "linux/arm64/v8", true],
    ["linux/arm/v7", "linux/arm/v7", true],
    ["linux/arm/v6", "linux/arm/v7", false],
    ["linux/arm", "linux/arm/v7", false],
    ["linux/arm64", "linux/amd64", false],
    ["windows/amd64", "linux/amd64", false],
  ])("%s where %s is asked for: %s", (found, wanted, fit) => {
    expect(fits(parsePlatform(found), parsePlatform(wanted))).toBe(fit);
  });
});
