import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../src/keys/hash.ts";
import { parseReference, variant } from "../../../src/keys/reference.ts";
import { canonicalScript } from "../../../src/keys/script.ts";
import type { Content } from "../../../src/layers/content.ts";
import { planLayers } from "../../../src/layers/plan.ts";

interface Vector {
  name: string;
  base: { reference: string; configDigest: string };
  cacheVersion: string | null;
  secrets: string[];
  desktop: { install: string; setup: string; template: string } | null;
  env: {
    preflight: string;
    files: { path: string; mode: "644" | "755"; content: string }[];
    template: string;
  } | null;
  keys: { desktop?: string; env?: string };
}

const folder = join(import.meta.dirname, "../../golden");
const { vectors } = JSON.parse(readFileSync(join(folder, "keys.json"), "utf8")) as {
  vectors: Vector[];
};

const script = (component: string, file: string, source: string) => ({
  component,
  file,
  text: canonicalScript(Buffer.from(source)),
  label: component,
});

function contentsOf({ desktop, env }: Vector): Content[] {
  const shared = { cached: true, optional: false, title: "" };
  const contents: Content[] = [];
  if (desktop !== null) {
    const scripts = [
      script("install", "install.sh", desktop.install),
      script("setup", "setup.sh", desktop.setup),
    ];
    contents.push({ name: "desktop", scripts, files: [], ...shared });
  }
  if (env !== null) {
    const files = env.files.map(({ path, mode, content }) => {
      return { path, mode, sha256: sha256(Buffer.from(content)), source: "not read" };
    });
    const scripts = [script("preflight", "cached-preflight.sh", env.preflight)];
    contents.push({ name: "env", scripts, files, ...shared });
  }
  return contents;
}

function plan(vector: Vector) {
  const reference = parseReference(vector.base.reference);
  if (reference === undefined) throw new Error("the vector's base is no reference");
  const sha256 = vector.base.configDigest.replace("sha256:", "");
  return planLayers({ variant: variant(reference), sha256 }, contentsOf(vector), {
    cacheVersion: vector.cacheVersion ?? undefined,
    secrets: vector.secrets,
  });
}

describe("the golden vectors", () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
    const layers = plan(vector);
    expect(Object.fromEntries(layers.map(({ name, key }) => [name, key]))).toEqual(vector.keys);
    for (const { name, template } of layers) {
      expect(template).toBe(vector[name as "desktop" | "env"]?.template);
    }
  });

  it("are what the commands of make.sh print", () => {
    const printed = JSON.parse(
      execFileSync("bash", [join(folder, "make.sh")], { encoding: "utf8" }),
    );
    const stored = vectors.flatMap(({ name, keys }) =>
      Object.entries(keys).map(([layer, key]) => [`${name} ${layer}`, key]),
    );
    expect(Object.fromEntries(stored)).toEqual(printed);
  });

  it("have the longest key at 126 characters, as the contract says", () => {
    const all = vectors.find(({ name }) => name === "everything at once");
    expect(all?.keys.env).toHaveLength(126);
  });
});
