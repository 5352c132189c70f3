import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { writeContext } from "../../../src/build/context.ts";
import { planLayers } from "../../../src/layers/plan.ts";
import { base, envContent, layersOf, only } from "../fakes.ts";
import { workspace } from "../settings/workspace.ts";

const amd64 = { os: "linux", architecture: "amd64" };

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
const umask = process.umask();
afterEach(() => void process.umask(umask));

describe("a build context", () => {
  it.each([0o022, 0o077])("is readable for the image's user under umask %o", async (mask) => {
    const source = workspace({ tool: "#!/bin/sh\n", lock: "raw\r\n" });
    const file = (path: string, mode: "644" | "755", name: string) => ({
      path,
      mode,
      sha256: "",
      source: join(source, name),
    });
    const files = [file("deep/er/tool", "755", "tool"), file("a.lock", "644", "lock")];
    const options = { cacheVersion: "v2", secrets: [] };
    const layer = only(planLayers(base.identity, [{ ...envContent, files }], options));
    const temp = workspace();
    process.umask(mask);
    const { folder, remove } = await writeContext(temp, layer, "debian@sha256:1", "v2", amd64);
    process.umask(umask);

    expect(mode(folder)).toBe("700");
    const names = readdirSync(folder, { recursive: true }).map(String).sort();
    expect(Object.fromEntries(names.map((name) => [name, mode(join(folder, name))]))).toEqual({
      "cache-version": "644",
      "cached-preflight.sh": "644",
      Dockerfile: "644",
      files: "755",
      "files/a.lock": "644",
      "files/deep": "755",
      "files/deep/er": "755",
      "files/deep/er/tool": "755",
    });
    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    expect(read("Dockerfile")).toBe(layer.template.replace("{{parent}}", "debian@sha256:1"));
    expect(read("cached-preflight.sh")).toBe("prepare\n");
    expect(read("cache-version")).toBe("v2");
    expect(read("files/a.lock")).toBe("raw\r\n");
    await remove();
    expect(readdirSync(temp)).toEqual([]);
  });

  it("tells apt of certificates where there are any, in front of a script's own lines", async () => {
    const layer = only(layersOf(envContent));
    const build = (certificates?: string) =>
      writeContext(workspace(), layer, "debian", undefined, amd64, certificates);
    const script = ({ folder }: { folder: string }) =>
      readFileSync(join(folder, "cached-preflight.sh"), "utf8");
    const told = script(await build("-----BEGIN CERTIFICATE-----"));
    expect(told).toMatch(/^if .*Acquire::https::CAInfo .* export APT_CONFIG=.*; fi; prepare\n$/);
    expect(script(await build())).toBe("prepare\n");
  });

  it("takes the parent's name as it is, even with what replace() would read as a pattern", async () => {
    const layer = only(layersOf(envContent));
    const { folder, remove } = await writeContext(workspace(), layer, "a$&b$'c", undefined, amd64);
    expect(readFileSync(join(folder, "Dockerfile"), "utf8").split("\n")[0]).toBe("FROM a$&b$'c");
    expect(readdirSync(folder).sort()).toEqual(["Dockerfile", "cached-preflight.sh"]);
    await remove();
  });

  it("never follows the mode of the source", async () => {
    const source = workspace();
    writeFileSync(join(source, "lock"), "", { mode: 0o600 });
    const files = [
      { path: "lock", mode: "644" as const, sha256: "", source: join(source, "lock") },
    ];
    const layer = only(layersOf({ ...envContent, files }));
    const { folder } = await writeContext(workspace(), layer, "a", undefined, amd64);
    expect(mode(join(folder, "files/lock"))).toBe("644");
  });
});
