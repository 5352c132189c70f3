import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useOwnPrograms } from "../../../../src/images/actions-cache/entries/own-programs.ts";
import { workspace } from "../../settings/workspace.ts";

/** A machine with these programs, each of which says its name and what it is told. */
function machine(...names: string[]) {
  const machines = join(workspace(), "the machine's");
  const folder = workspace();
  mkdirSync(machines);
  for (const name of names) {
    writeFileSync(join(machines, name), `#!/bin/sh\necho "${name} $*"\n`);
    chmodSync(join(machines, name), 0o755);
  }
  const environment: NodeJS.ProcessEnv = { PATH: machines };
  useOwnPrograms(folder, environment);
  const run = (name: string, ...args: string[]) =>
    execFileSync(join(environment.PATH ?? "", name), args, { encoding: "utf8", env: environment });
  return { run, machines, environment };
}

describe("the worker's programs", () => {
  it("are all that it finds", () => {
    const { environment, machines } = machine("tar", "zstd");
    expect(environment.PATH?.split(":")).not.toContain(machines);
    expect(environment.PATH).not.toContain(":");
  });

  it("make archives as the machine does", () => {
    const { run } = machine("tar", "zstd");
    expect(run("tar", "--posix", "-cf", "a b")).toBe("tar --posix -cf a b\n");
    expect(run("zstd", "--quiet", "--version")).toBe("zstd --quiet --version\n");
  });

  it.each([[["-xf", "a", "-P"]], [["-tf", "a", "-P"]], [["--version"]], [[]]])(
    "unpack nothing: tar %j",
    (args) => {
      expect(machine("tar").run("tar", ...args)).toBe("");
    },
  );

  it("say nothing for a machine without zstd: gzip is then used", () => {
    expect(machine("tar").run("zstd", "--quiet", "--version")).toBe("");
  });
});
