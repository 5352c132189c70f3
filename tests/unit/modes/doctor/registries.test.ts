import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { baseImage, mirrors, registry, whatNext } from "../../../../src/modes/doctor/registries.ts";
import { RegistryTrouble } from "../../../../src/registry/trouble.ts";
import { inspected, noSuchImage } from "../../fakes.ts";
import { serve } from "../../registry/http.ts";
import { workspace } from "../../settings/workspace.ts";
import { info, noEngine, told, worldOf } from "./world.ts";

const absent = ([verb]: readonly string[]) => (verb === "image" ? noSuchImage : undefined);
const present = ([verb]: readonly string[]) =>
  verb === "image" ? inspected({ Id: "x" }) : undefined;

it.each([
  ["it is there", 200, absent, "ok base image: HOST/team/base:1 is there, asked without a login"],
  [
    "nobody may have it",
    401,
    absent,
    expect.stringMatching(
      /^problem base image: HOST answered 401 for \S+, asked without a login → log in in an earlier step/,
    ),
  ],
  [
    "it is gone",
    404,
    absent,
    expect.stringMatching(
      /^problem base image: HOST answered 404 for \S+, asked without a login → check the name/,
    ),
  ],
  [
    "it is gone, and in the engine",
    404,
    present,
    expect.stringMatching(
      /^note base image: HOST answered 404 .*; it is in the engine → nothing for now/,
    ),
  ],
])("of a base image: %s", async (_, status, docker, expected) => {
  const { address } = await serve((_, response) => response.writeHead(status).end("{}"));
  const { world } = await worldOf({ inputs: { "base-image": `${address}/team/base:1` }, docker });
  const found = told(await baseImage.at(world)).map((line) => line.replaceAll(address, "HOST"));
  expect(found).toEqual([expected]);
});

it.each([
  ["never", present, "ok base image: debian:12 is in the engine"],
  ["missing", present, "ok base image: debian:12 is in the engine"],
  ["never", () => noEngine, "note base image: not looked at: no engine answers"],
  [
    "never",
    absent,
    "problem base image: debian:12 is not in the engine, and `pull: never` does not pull it → pull or build it in an earlier step, or leave `pull` out",
  ],
])(
  "with `pull: %s` no registry is asked for what is decided without",
  async (pull, docker, expected) => {
    const { world } = await worldOf({ inputs: { "base-image": "debian:12", pull }, docker });
    expect(told(await baseImage.at(world))).toEqual([expected]);
  },
);

const given = { username: "u", password: "s3cret" };
const auth = Buffer.from("u:s3cret").toString("base64");

it.each([
  ["without a login", undefined, {}],
  ["with the login that `docker login` left", given, { auth }],
  ["with the login of `registry-username`", { ...given, username: "other" }, { auth }],
])("a registry is asked %s", async (who, login, entry) => {
  const { address } = await serve((_, response) => response.writeHead(404).end("{}"));
  const config = workspace({ "config.json": JSON.stringify({ auths: { [address]: entry } }) });
  const { world } = await worldOf({
    inputs: { registry: `${address}/Team/cache` },
    environment: { DOCKER_CONFIG: config },
    credentials: async () => login,
  });
  const lines = told(await registry.at(world));
  expect(lines).toEqual([
    `ok registry: ${address}/team/cache answers, asked ${who}; images are not pushed: outside of GitHub Actions only \`push: always\` pushes`,
  ]);
  expect(lines.join()).not.toContain("s3cret");
});

it("a helper's login is told by the helper's name", async () => {
  const { address } = await serve((_, response) => response.writeHead(200).end("{}"));
  const credHelpers = { [address]: "doctor-test" };
  const folder = workspace({
    "config.json": JSON.stringify({ credHelpers }),
    "docker-credential-doctor-test": `#!/bin/sh\necho '{"Username":"u","Secret":"s3cret"}'\n`,
  });
  chmodSync(join(folder, "docker-credential-doctor-test"), 0o755);
  const { world } = await worldOf({
    inputs: { registry: `${address}/team/cache`, push: "always" },
    environment: { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env.PATH}` },
    credentials: async () => given,
  });
  expect(told(await registry.at(world))).toEqual([
    `ok registry: ${address}/team/cache answers, asked with the login of the credential helper doctor-test; images are pushed`,
  ]);
});

it("no registry is nothing to ask", async () => {
  expect(told(await registry.at((await worldOf()).world))).toEqual([
    "note registry: no `registry` is set → set one to share images between runners; without it the Actions cache keeps them",
  ]);
});

it.each([
  ["unreachable", 429, "without a login", /^log in there/],
  ["unreachable", 503, "without a login", /^try again later/],
  ["unreachable", undefined, "without a login", /^check the name, the network, the proxy/],
  ["denied", 401, "without a login", /^log in in an earlier step/],
  [
    "denied",
    403,
    "with the login that `docker login` left",
    /^check that this login is still valid/,
  ],
  ["invalid", 200, "without a login", /no registry$/],
] as const)("what to do where it is %s (%s), asked %s", (kind, status, who, expected) => {
  expect(whatNext(new RegistryTrouble(kind, "x", { status }), who)).toMatch(expected);
});

it("what the engine was told of registries is shown without logins", async () => {
  const RegistryConfig = {
    Mirrors: [],
    IndexConfigs: {
      "docker.io": { Mirrors: ["https://u:s3cret@mirror.example/"], Secure: true },
      "plain.example:5000": { Mirrors: [], Secure: false },
    },
  };
  const docker = ([verb]: readonly string[]) =>
    verb === "info" ? { stdout: JSON.stringify({ ...info, RegistryConfig }) } : undefined;
  expect(told(await mirrors.at((await worldOf({ docker })).world))).toEqual([
    "ok mirrors: https://mirror.example/; without TLS or its check: plain.example:5000",
  ]);
});
