import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
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

  it("have a zstd where the machine has none, or its entries would have another name", () => {
    const { run, environment } = machine("tar");
    expect(run("zstd", "--quiet", "--version")).not.toBe("");
    const packer = join(environment.PATH ?? "", "../last-bin/zstdmt");
    const packed = execFileSync(packer, { input: "bytes ".repeat(1000), env: {} });
    expect(zstdDecompressSync(packed).toString()).toBe("bytes ".repeat(1000));
    expect(packed.length).toBeLessThan(100);
  });

  it("prefer the machine's zstd, whose tar finds ours last", () => {
    const { run, environment } = machine("zstd");
    const path = /PATH='(.*)'/.exec(readFileSync(join(environment.PATH ?? "", "tar"), "utf8"))?.[1];
    expect(path?.split(":").at(-1)).toMatch(/last-bin$/);
    expect(run("zstd", "-d")).toBe("zstd -d\n");
  });
});
