import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { examples } from "../../scripts/examples.ts";
import { audit } from "../harness/zizmor.ts";
import { workspace } from "../unit/settings/workspace.ts";

// What zizmor says of the project's own workflows, and of those that others copy.

const root = join(import.meta.dirname, "../..");
const own = ".github/workflows";

test("zizmor finds what is wrong with a bad workflow", async () => {
  const bad = `on: pull_request_target
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - run: echo "\${{ github.event.pull_request.title }}"
`;
  const found = await audit("regular", [workspace({ [`${own}/bad.yml`]: bad })]);
  expect(new Set(found.map(({ rule }) => rule))).toEqual(
    new Set([
      ...["artipacked", "dangerous-triggers", "excessive-permissions"],
      ...["template-injection", "unpinned-uses"],
    ]),
  );
});

test("zizmor finds nothing in the project's workflows and its action", async () => {
  expect(await audit("pedantic", [join(root, own), join(root, "action.yml")])).toEqual([]);
});

test("zizmor finds nothing in the examples as they are written for a repository", async () => {
  const folder = workspace(Object.fromEntries(examples("an-owner", "0123456789".repeat(4))));
  expect(readdirSync(join(folder, own)).length).toBeGreaterThan(3);
  expect(await audit("regular", [folder])).toEqual([]);
});

test("what zizmor is to leave alone is one rule in one place, with the reason", () => {
  const folders = [own, "examples/workflows"].map((folder) => join(root, folder));
  const lines = folders
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .flatMap((path) => readFileSync(path, "utf8").split("\n"))
    .filter((line) => line.includes("zizmor"));
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line).toMatch(/ # zizmor: ignore\[[a-z-]+\] (?:\S+ ){3,}\S+$/);
  // a configuration could turn rules off for good
  for (const folder of [root, join(root, ".github")]) {
    expect(readdirSync(folder).filter((name) => name.startsWith("zizmor."))).toEqual([]);
  }
});
