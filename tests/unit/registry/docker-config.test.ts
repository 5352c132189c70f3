import {
  access,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../../src/keys/hash.ts";
import {
  configFolder,
  engineContext,
  isOfLogin,
  makePrivateConfig,
  proxiesOfDocker,
  removePrivateConfig,
} from "../../../src/registry/docker-config.ts";
import { workspace } from "../settings/workspace.ts";

const host = "ghcr.io";
let dir: string;
let user: string;
let own: string;
const config = {
  auths: { "registry.example": { auth: "dXNlcjpzZWNyZXQ=" } },
  credsStore: "desktop",
  credHelpers: { "gcr.example": "gcloud" },
  proxies: { default: { httpProxy: "http://proxy.example:3128" } },
  currentContext: "remote",
  HttpHeaders: { "X-Meta": "1" },
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "agent-runner-docker-config-"));
  user = join(dir, "user");
  own = join(dir, "temp", "own");
  await mkdir(join(user, "contexts", "meta"), { recursive: true });
  await mkdir(join(user, "buildx", "instances"), { recursive: true });
  await mkdir(join(user, "cli-plugins"));
  await writeFile(join(user, "buildx", "instances", "far"), "a builder");
  await writeFile(join(user, "config.json"), JSON.stringify(config, undefined, 4));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const make = (registry = host) => makePrivateConfig(own, registry, { DOCKER_CONFIG: user });
const read = async () => JSON.parse(await readFile(join(own, "config.json"), "utf8"));

describe("the private configuration", () => {
  it("keeps what the user's has: logins, helpers, proxies, the context", async () => {
    expect(await make()).toBe(own);
    expect(await read()).toEqual({
      ...config,
      credHelpers: { "gcr.example": "gcloud", [host]: "" },
    });
  });

  it("takes the login's registry from every helper, so that the login stays in this folder", async () => {
    await writeFile(
      join(user, "config.json"),
      JSON.stringify({ ...config, credHelpers: { [host]: "gcloud" } }),
    );
    await make();
    expect((await read()).credHelpers[host]).toBe("");
  });

  it.each([host, "docker.io"])(
    "names no helper for %s to what knows none without a name",
    async (registry) => {
      const helpers: Record<string, string> = {
        [host]: "gcloud",
        "docker.io": "gcloud",
        "gcr.example": "gcloud",
      };
      await writeFile(join(user, "config.json"), JSON.stringify({ credHelpers: helpers }));
      await makePrivateConfig(own, registry, { DOCKER_CONFIG: user }, false);
      const { [registry]: _, ...others } = helpers;
      expect((await read()).credHelpers).toEqual(others);
    },
  );

  it("does so for Docker Hub under the name that the docker CLI looks it up by", async () => {
    await make("docker.io");
    expect((await read()).credHelpers).toMatchObject({ "https://index.docker.io/v1/": "" });
  });

  it("has the logins of the environment, too, which must not come before the step's", async () => {
    const auths = { "ghcr.example": { auth: "dXNlcjpvdGhlcg==" } };
    const environment = { DOCKER_CONFIG: user, DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) };
    await makePrivateConfig(own, host, environment);
    expect((await read()).auths).toEqual({ ...config.auths, ...auths });
  });

  it("links contexts, builders and plugins", async () => {
    await make();
    for (const name of ["contexts", "buildx", "cli-plugins"]) {
      expect((await lstat(join(own, name))).isSymbolicLink()).toBe(true);
      expect(await realpath(join(own, name))).toBe(await realpath(join(user, name)));
    }
    expect(await readFile(join(own, "buildx", "instances", "far"), "utf8")).toBe("a builder");
  });

  it("is for its owner alone", async () => {
    await make();
    expect((await stat(own)).mode & 0o777).toBe(0o700);
    expect((await stat(join(own, "config.json"))).mode & 0o777).toBe(0o600);
  });

  it("is a file of its own: what a login writes there never reaches the user's", async () => {
    const before = await readFile(join(user, "config.json"));
    await make();
    expect((await lstat(join(own, "config.json"))).isFile()).toBe(true);
    await writeFile(join(own, "config.json"), '{"auths":{"ghcr.io":{"auth":"c2VjcmV0"}}}');
    expect(await readFile(join(user, "config.json"))).toEqual(before);
    expect((await readdir(user)).sort()).toEqual([
      "buildx",
      "cli-plugins",
      "config.json",
      "contexts",
    ]);
  });

  it("keeps whatever stands in an entry, and leaves out what docker could not read", async () => {
    const entry = { auth: "dXNlcjpzZWNyZXQ=", registrytoken: "t", serveraddress: "s" };
    await writeFile(
      join(user, "config.json"),
      JSON.stringify({ auths: { "r.example": entry }, credsStore: 7, detachKeys: "ctrl-e" }),
    );
    await make();
    expect(await read()).toEqual({
      auths: { "r.example": entry },
      credHelpers: { [host]: "" },
      detachKeys: "ctrl-e",
    });
  });

  it.each([
    ["no folder", undefined],
    ["no JSON", "{"],
    ["a list", "[]"],
    ["helpers that are none", '{"credHelpers": 3}'],
  ])("can be made where the user has %s", async (_name, text) => {
    await rm(user, { recursive: true });
    if (text !== undefined) {
      await mkdir(user);
      await writeFile(join(user, "config.json"), text);
    }
    await make();
    expect(await read()).toEqual({ credHelpers: { [host]: "" } });
  });

  it("goes, and what it linked to stays", async () => {
    await make();
    await removePrivateConfig(own);
    await expect(access(own)).rejects.toThrow("ENOENT");
    expect(await readFile(join(user, "buildx", "instances", "far"), "utf8")).toBe("a builder");
    expect(await readdir(join(user, "contexts"))).toEqual(["meta"]);
    await removePrivateConfig(own); // a second time is no error
  });
});

it("the user's folder is DOCKER_CONFIG, or .docker at home", () => {
  expect(configFolder({ DOCKER_CONFIG: "/a", HOME: "/home/u" })).toBe("/a");
  expect(configFolder({ DOCKER_CONFIG: "", HOME: "/home/u" })).toBe("/home/u/.docker");
  expect(configFolder({ HOME: "/home/u" })).toBe("/home/u/.docker");
  for (const none of [{}, { HOME: "" }, { HOME: "", DOCKER_CONFIG: "" }]) {
    expect(configFolder(none)).toBe(join(userInfo().homedir, ".docker"));
  }
});

it("is read once for a step, whoever asks", async () => {
  const environment = { DOCKER_CONFIG: user };
  expect(await engineContext(environment)).toBe("remote");
  await writeFile(join(user, "config.json"), "{}");
  expect(await engineContext(environment)).toBe("remote");
  expect([...(await proxiesOfDocker(environment))]).toEqual(["http_proxy"]);
  expect(await engineContext({ ...environment })).toBe("default");
});

it.each([
  [{}, "remote"],
  [{ DOCKER_CONTEXT: "other" }, "other"],
  [{ DOCKER_CONTEXT: "" }, "remote"],
  [{ DOCKER_CONTEXT: "default" }, "default"],
  [{ DOCKER_HOST: "unix:///run/x.sock", DOCKER_CONTEXT: "other" }, "default"],
  [{ DOCKER_HOST: "" }, "remote"],
  [{ DOCKER_CONFIG: "/nowhere" }, "default"],
])("with %j the engine is used by the context %s", async (environment, context) => {
  expect(await engineContext({ DOCKER_CONFIG: user, ...environment })).toBe(context);
});

it.each([
  ["owner", "r.example", "owner/agent-runner-env", true],
  ["owner", "r.example", "owner/base", true],
  ["owner", "r.example", "owners/base", false],
  ["owner", "r.example", "other/base", false],
  ["owner", "r.example:5000", "owner/base", false],
  ["", "r.example", "agent-runner-env", true],
  ["", "r.example", "team/base", false],
])("the login of r.example/%s is for %s/%s: %s", (path, registry, repository, is) => {
  expect(isOfLogin({ host: "r.example", path }, registry, repository)).toBe(is);
});

describe("the proxies that Docker's own configuration gives", () => {
  const proxies = { httpProxy: "http://a.example", noProxy: "b.example", httpsProxy: "", odd: 1 };
  it.each([
    ["the default's", { default: proxies }, {}, ["http_proxy", "no_proxy"]],
    [
      "those of the engine",
      { default: {}, "tcp://e:1": proxies },
      { DOCKER_HOST: "tcp://e:1" },
      ["http_proxy", "no_proxy"],
    ],
    ["none of another engine", { "tcp://e:1": proxies }, {}, []],
    ["none where it is not as it should be", "x", {}, []],
  ])("are %s", async (_, given, environment, names) => {
    const folder = workspace({ "config.json": JSON.stringify({ proxies: given }) });
    expect([...(await proxiesOfDocker({ ...environment, DOCKER_CONFIG: folder }))]).toEqual(names);
  });

  // what the docker CLI was seen to do
  it.each<[Record<string, string>, string | undefined]>([
    [{ DOCKER_HOST: "tcp://e" }, "tcp://e:2375"],
    [{ DOCKER_HOST: " e:2376 " }, "tcp://e:2376"],
    [{ DOCKER_HOST: "tcp://:2376" }, "tcp://localhost:2376"],
    [{ DOCKER_HOST: "tcp://e:2375/x" }, "tcp://e:2375/x"],
    [{ DOCKER_HOST: "tcp://[::1]:2376" }, "tcp://[::1]:2376"],
    [{ DOCKER_HOST: "unix:///run/x.sock", DOCKER_CONTEXT: "far" }, "unix:///run/x.sock"],
    [{ DOCKER_HOST: "ssh://me@e" }, "http://docker.example.com"],
    [{}, "unix:///var/run/docker.sock"],
    [{ DOCKER_TLS_VERIFY: "1" }, "tcp://localhost:2376"],
    [{ DOCKER_CONTEXT: "default" }, "unix:///var/run/docker.sock"],
    [{ DOCKER_CONTEXT: "far" }, "tcp://far:2376"],
    [{ DOCKER_CONTEXT: "behind-ssh" }, "http://docker.example.com"],
    [{ DOCKER_CONTEXT: "../../far" }, undefined],
    [{ DOCKER_CONTEXT: "gone" }, undefined],
    [{ currentContext: "far" }, "tcp://far:2376"],
    [{ currentContext: "far", DOCKER_CONTEXT: "default" }, "unix:///var/run/docker.sock"],
  ])("are for %j those of %s", async ({ currentContext, ...environment }, engine) => {
    const meta = (name: string, Host: string) => [
      `contexts/meta/${sha256(name)}/meta.json`,
      JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker: { Host } } }),
    ];
    const config = {
      currentContext,
      proxies: { default: { ftpProxy: "f" }, [engine ?? "tcp://far:2376"]: proxies },
    };
    const folder = workspace({
      "config.json": JSON.stringify(config),
      ...Object.fromEntries([meta("far", "tcp://far:2376"), meta("behind-ssh", "ssh://me@there")]),
    });
    const expected = engine === undefined ? ["ftp_proxy"] : ["http_proxy", "no_proxy"];
    expect([...(await proxiesOfDocker({ ...environment, DOCKER_CONFIG: folder }))]).toEqual(
      expected,
    );
  });
});
