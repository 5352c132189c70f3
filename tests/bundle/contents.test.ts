import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "..", "..");
const read = (path: string) => readFile(join(root, path), "utf8");

/** Text that stands in a library and, if it was bundled, in the bundle: what ncc keeps are string constants. */
const heavy: [library: string, file: string, mark: string][] = [
  ["@actions/cache", "lib/cache.js", "Path Validation Error"],
  ["@actions/cache", "lib/internal/cacheHttpClient.js", "_apis/artifactcache"],
  ["@actions/github", "lib/context.js", "api.github.com/graphql"],
  ["@actions/github", "lib/internal/utils.js", "Parameter token or opts.auth is required"],
];

test.each(heavy)("the entry does not hold %s (%s)", async (library, file, mark) => {
  // Should the library change its words, this test says so instead of passing for ever.
  expect((await read(`node_modules/${library}/${file}`)).includes(mark)).toBe(true);
  expect((await read("dist/index.js")).includes(mark)).toBe(false);
});

test("what action.yml names is there, and is what was built", async () => {
  const action = parse(await read("action.yml")) as { runs: Record<string, string> };
  expect(action.runs.using).toBe("node24");
  for (const entry of [action.runs.main, action.runs.post]) {
    expect((await read(entry ?? "")).length).toBeGreaterThan(0);
  }
  expect(JSON.parse(await read("dist/package.json"))).toEqual({ type: "module" });
  expect((await readdir(join(root, "dist"))).sort()).toContain("licenses.txt");
});

test("a numbered chunk is loaded by somebody", async () => {
  // ncc does not clean its folder: a chunk of an older build would be shipped for ever.
  const names = (await readdir(join(root, "dist"))).filter((name) => /^\d+\.index\.js$/.test(name));
  const entry = await read("dist/index.js");
  for (const name of names) {
    const number = name.split(".")[0] ?? "";
    const others = await Promise.all(
      names.filter((one) => one !== name).map((one) => read(`dist/${one}`)),
    );
    expect(
      [entry, ...others].some((text) =>
        new RegExp(`\\.e\\((?:/\\*.*?\\*/ )?${number}\\)`).test(text),
      ),
      name,
    ).toBe(true);
  }
});

test("every module was found: ncc bundles a call of `require` for one that was not, and says nothing", async () => {
  for (const name of await readdir(join(root, "dist"))) {
    if (!name.endsWith(".js")) continue;
    expect((await read(`dist/${name}`)).match(/eval\("require"\)\("\.[^"]*"\)/g), name).toBeNull();
  }
});

test("nothing of this machine stands in the bundle", async () => {
  expect((await read("dist/index.js")).includes(root)).toBe(false);
});
