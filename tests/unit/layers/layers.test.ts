import { describe, expect, it } from "vitest";
import { sha256 } from "../../../src/keys/hash.ts";
import { isPresent } from "../../../src/layers/content.ts";
import { componentsOf } from "../../../src/layers/labels.ts";
import { planLayers } from "../../../src/layers/plan.ts";
import { base, desktopContent, envContent, layersOf, noOptions, only } from "../fakes.ts";

const uncached = <T extends { cached: boolean }>(content: T) => ({ ...content, cached: false });

describe("the layers of a plan", () => {
  it("both toggles: env on desktop on base", () => {
    const [desktop, env, ...rest] = layersOf(desktopContent, envContent);
    expect(rest).toEqual([]);
    expect(desktop?.parent).toBeUndefined();
    expect(env?.parent).toBe(desktop);
    expect(desktop?.key).toMatch(/^12-b{16}(?:-[0-9a-f]{16}){3}$/);
    expect(env?.key).toMatch(new RegExp(`^desktop-${desktop?.key}(?:-[0-9a-f]{16}){2}$`));
    expect(desktop?.reference).toBe(`agent-runner-desktop:${desktop?.key}`);
    expect(env?.reference).toBe(`agent-runner-env:${env?.key}`);
  });

  it("cache-container-build alone: env on base, whatever desktop is installed at run time", () => {
    const env = only(layersOf(uncached(desktopContent), envContent));
    expect(env.name).toBe("env");
    expect(env.parent).toBeUndefined();
    expect(env.key).toMatch(/^12-b{16}(?:-[0-9a-f]{16}){2}$/);
    expect(env).toEqual(only(layersOf(envContent)));
  });

  it("cache-desktop-build alone: desktop on base", () => {
    expect(only(layersOf(desktopContent, uncached(envContent))).name).toBe("desktop");
  });

  it("neither: none", () => {
    expect(layersOf(uncached(desktopContent), uncached(envContent))).toEqual([]);
    expect(layersOf()).toEqual([]);
  });

  it("do not depend on the order of the contents", () => {
    expect(layersOf(envContent, desktopContent)).toEqual(layersOf(desktopContent, envContent));
  });

  it("hash an absent setup script as zero bytes and never run it", () => {
    const [install] = desktopContent.scripts;
    const setup = { component: "setup", file: "setup.sh", text: "", label: "" };
    const layer = only(
      layersOf({ ...desktopContent, scripts: install === undefined ? [] : [install, setup] }),
    );
    expect(layer.components.find(({ name }) => name === "setup")?.sha256).toBe(sha256(""));
    expect(layer.template.match(/^RUN /gm)).toHaveLength(1);
    expect(isPresent(setup)).toBe(false);
  });

  it("carry cache-version and secrets in the dockerfile component alone", () => {
    const plain = only(layersOf(envContent));
    for (const options of [
      { ...noOptions, cacheVersion: "2" },
      { ...noOptions, secrets: ["token"] },
    ]) {
      const changed = only(planLayers(base.identity, [envContent], options));
      const differing = changed.components.filter(
        ({ sha256 }, index) => sha256 !== plain.components[index]?.sha256,
      );
      expect(differing.map(({ name }) => name)).toEqual(["dockerfile"]);
      expect(changed.key).not.toBe(plain.key);
    }
  });

  it("show the template as text beside its hash", () => {
    for (const layer of layersOf(desktopContent, envContent)) {
      const dockerfile = layer.components.find(({ name }) => name === "dockerfile");
      expect(dockerfile).toEqual({
        name: "dockerfile",
        sha256: sha256(layer.template),
        text: layer.template,
      });
    }
  });

  it("are labelled with layer, key and the full hash of every component", () => {
    const [desktop, env] = layersOf(desktopContent, envContent);
    expect(desktop?.labels).toMatchObject({
      "io.agent-runner.layer": "desktop",
      "io.agent-runner.key": desktop?.key,
      "io.agent-runner.component.base": base.identity.sha256,
      "io.agent-runner.component.install": sha256("install\n"),
      "io.agent-runner.component.setup": sha256("setup\n"),
    });
    // an env image tells of its desktop too, or two desktops with one short key would not be told apart
    expect(env?.labels).toMatchObject({
      "io.agent-runner.layer": "env",
      "io.agent-runner.component.base": base.identity.sha256,
      "io.agent-runner.component.install": sha256("install\n"),
      "io.agent-runner.component.desktop-dockerfile": sha256(desktop?.template ?? ""),
      "io.agent-runner.component.preflight": sha256("prepare\n"),
    });
    const told = componentsOf({ ...env?.labels, other: "label" });
    expect(told).toEqual(env?.components.map(({ name, sha256 }) => ({ name, sha256 })));
  });
});
