import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { authoritiesBeforeJob, filesForGit, filesForNode } from "../../../src/modes/authorities.ts";
import { workspace } from "../settings/workspace.ts";

const [one = "", two = ""] = rootCertificates;

/** A step on a machine with two files, one of them in the workspace. */
function machine() {
  const folder = workspace({ "one.pem": one, "two.pem": two });
  const checkout = workspace({ "ca.pem": one });
  const path = (name: string) => join(folder, name);
  return { checkout, path, folder };
}

describe("before there is a job, authorities", () => {
  type Machine = ReturnType<typeof machine>;
  it.each<[string, (at: Machine) => [setting: string | undefined, NodeJS.ProcessEnv], string[]]>([
    ["are those that variables name", ({ path }) => ["auto", { PIP_CERT: path("one.pem") }], [one]],
    ["are so by default", ({ path }) => [undefined, { PIP_CERT: path("one.pem") }], [one]],
    ["are those of a file", ({ path }) => [path("two.pem"), { PIP_CERT: path("one.pem") }], [two]],
    ["are none with `off`", ({ path }) => ["off", { PIP_CERT: path("one.pem") }], []],
    ["are none of a tree that is yet to come", () => ["ca.pem", {}], []],
    ["are none of that by a whole path", ({ checkout }) => [join(checkout, "ca.pem"), {}], []],
  ])("%s", async (_, given, expected) => {
    const at = machine();
    const [setting, environment] = given(at);
    const find = authoritiesBeforeJob({
      given:
        setting === undefined
          ? {}
          : { "ca-certificates": { value: setting, origin: "input", from: "input" } },
      workspace: at.checkout,
      environment,
    });
    const found = await find();
    // the machine's own come behind them
    expect(found.slice(0, expected.length)).toEqual(expected.map((pem) => pem.trim()));
    expect(found.length > 0).toBe(expected.length > 0);
  });
});

describe("a file with authorities for Node.js's programs", () => {
  const files = (
    setting: string,
    certificates: string | undefined,
    environment: NodeJS.ProcessEnv,
    folder: string,
  ) =>
    filesForNode(
      { certificates, settings: { "ca-certificates": setting } as never },
      environment,
      folder,
    );

  it("has what they would have read instead, too, and is written once", async () => {
    const { path, folder } = machine();
    const file = files(path("one.pem"), one, { NODE_EXTRA_CA_CERTS: path("two.pem") }, folder);
    const written = (await file()) ?? "";
    expect(readFileSync(written, "utf8")).toBe(`${one.trim()}\n${two.trim()}\n`);
    writeFileSync(written, "");
    expect(await file()).toBe(written);
    expect(readFileSync(written, "utf8")).toBe("");
  });

  it.each<[string, string | undefined, (path: string) => NodeJS.ProcessEnv]>([
    ["there are none", undefined, () => ({})],
    ["they know of all by themselves", one, (path) => ({ NODE_EXTRA_CA_CERTS: path })],
    ["others name the same", one, (path) => ({ NODE_EXTRA_CA_CERTS: path, SSL_CERT_FILE: path })],
  ])("is not there where %s", async (_, certificates, environment) => {
    const { path, folder } = machine();
    expect(await files("auto", certificates, environment(path("one.pem")), folder)()).toBe(
      undefined,
    );
  });

  it("is there where another variable names more", async () => {
    const { path, folder } = machine();
    const environment = { NODE_EXTRA_CA_CERTS: path("one.pem"), SSL_CERT_FILE: path("two.pem") };
    expect(await files("auto", one, environment, folder)()).toBeDefined();
  });
});

it("git gets a file where there are any, and none for what cannot be read", async () => {
  const { folder } = machine();
  const file = (await filesForGit(async () => [one.trim()], folder)()) ?? "";
  expect(readFileSync(file, "utf8")).toBe(`${one.trim()}\n`);
  expect(await filesForGit(async () => [], folder)()).toBeUndefined();
  const failing = () => Promise.reject(new Error("not there"));
  expect(await filesForGit(failing, folder)()).toBeUndefined();
});
