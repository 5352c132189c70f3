import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { credentialsFor, storedCredentials } from "../../../src/registry/credentials.ts";
import { workspace } from "../settings/workspace.ts";

const encoded = (text: string) => Buffer.from(text).toString("base64");

function environment(config: object | string, home = false): NodeJS.ProcessEnv {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  const folder = workspace({ [home ? ".docker/config.json" : "config.json"]: text });
  return home ? { HOME: folder } : { DOCKER_CONFIG: folder };
}

/** A credential helper of this name on the PATH, that tells what it was asked in a file. */
function helper(name: string, body: string): { PATH: string; folder: string } {
  const folder = workspace();
  const path = join(folder, `docker-credential-${name}`);
  writeFileSync(path, `#!/bin/bash\nread -r server\necho "$1 $server" >>"$0.asked"\n${body}\n`);
  chmodSync(path, 0o755);
  return { PATH: `${folder}:${process.env.PATH}`, folder };
}

describe("credentials that docker login left", () => {
  it("are user and password of the registry, which may have colons", async () => {
    const env = environment({
      auths: { "ghcr.io": { auth: encoded("me:pa:ss") }, "other.io": { auth: encoded("x:y") } },
    });
    expect(await credentialsFor("ghcr.io", "o/i", env)).toEqual({
      username: "me",
      password: "pa:ss",
    });
    expect(await credentialsFor("quay.io", "o/i", env)).toBeUndefined();
  });

  it("are found in the home folder, under https:// and as plain fields, too", async () => {
    const env = environment(
      { auths: { "https://r.example": { username: "me", password: "secret" } } },
      true,
    );
    expect(await credentialsFor("r.example", "o/i", env)).toEqual({
      username: "me",
      password: "secret",
    });
  });

  it("are an identity token, where there is one", async () => {
    const env = environment({
      auths: { "ghcr.io": { auth: encoded("00000000:"), identitytoken: "refresh" } },
    });
    expect(await credentialsFor("ghcr.io", "o/i", env)).toEqual({ identityToken: "refresh" });
  });

  it("are all known, though no registry is asked", async () => {
    const auths = {
      "ghcr.io": { auth: encoded("me:pass") },
      "r.example": { identitytoken: "refresh" },
      "helper.example": {},
    };
    expect(await storedCredentials(environment({ auths }))).toEqual([
      { username: "me", password: "pass" },
      { identityToken: "refresh" },
    ]);
    expect(await storedCredentials(environment("no JSON"))).toEqual([]);
  });

  it("of Docker Hub stand under its old name", async () => {
    const env = environment({ auths: { "https://index.docker.io/v1/": { auth: encoded("a:b") } } });
    const found = await credentialsFor("docker.io", "library/debian", env);
    expect(found).toEqual({ username: "a", password: "b" });
  });

  it.each([
    "https://index.docker.io/v1/",
    "https://index.docker.io/v2/",
    "index.docker.io",
    "docker.io",
    "https://docker.io",
    "registry-1.docker.io",
    "https://registry-1.docker.io/v2/",
    "docker.io/library",
  ])("of Docker Hub are found under %s, too", async (key) => {
    const env = environment({ auths: { [key]: { auth: encoded("a:b") } } });
    for (const registry of ["docker.io", "registry-1.docker.io"]) {
      expect(await credentialsFor(registry, "library/debian", env)).toMatchObject({
        username: "a",
      });
    }
    expect(await credentialsFor("docker.io.example", "library/debian", env)).toBeUndefined();
  });

  it.each(["[::1]:5000", "http://[::1]:5000/v1/", "127.0.0.1:5000", "localhost:5000/team"])(
    "are found for an address with a port: %s",
    async (key) => {
      const env = environment({ auths: { [key]: { auth: encoded("a:b") } } });
      const host = key.replace("http://", "").replace(/\/.*/, "");
      expect(await credentialsFor(host, "team/i", env)).toMatchObject({ username: "a" });
      const other = host.replace("5000", "5001");
      expect(await credentialsFor(other, "team/i", env)).toBeUndefined();
    },
  );

  it("of the environment come before those of the file", async () => {
    const auths = {
      "ghcr.io": { auth: encoded("me:file") },
      "r.example": { auth: encoded("r:1") },
    };
    const given = { auths: { "ghcr.io": { auth: encoded("me:given") } } };
    const env = { ...environment({ auths }), DOCKER_AUTH_CONFIG: JSON.stringify(given) };
    expect(await credentialsFor("ghcr.io", "o/i", env)).toMatchObject({ password: "given" });
    expect(await credentialsFor("r.example", "o/i", env)).toMatchObject({ password: "1" });
    expect(await storedCredentials(env)).toContainEqual({ username: "me", password: "given" });
    for (const text of ["", "{", "[]", '{"auths":1}']) {
      const broken = { ...env, DOCKER_AUTH_CONFIG: text };
      expect(await credentialsFor("ghcr.io", "o/i", broken)).toMatchObject({ password: "file" });
    }
  });

  it.each([
    "https://r.example",
    "https://r.example/",
    "http://r.example/v1/",
    "https://r.example/v2/",
    "r.example",
    "r.example/o",
    "r.example/o/i",
    "R.example/O/",
    "https://r.example/o/",
    "http://r.example//",
    // of another part of the registry: Docker looks at the host alone
    "r.example/o/i/more",
    "r.example/o/im",
    "r.example/other",
  ])("are found under %s", async (key) => {
    const env = environment({ auths: { [key]: { auth: encoded("a:b") } } });
    expect(await credentialsFor("r.example", "o/i", env)).toEqual({ username: "a", password: "b" });
  });

  it.each(["r.example:5000", "r.example.com", "notr.example", "notr.example/o", "", "/"])(
    "are not those of %j",
    async (key) => {
      const env = environment({ auths: { [key]: { auth: encoded("a:b") } } });
      expect(await credentialsFor("r.example", "o/i", env)).toBeUndefined();
    },
  );

  it("are those for the longest part of the name, where there are several", async () => {
    const auths = {
      "https://ghcr.io/v1/": { auth: encoded("old:1") },
      "ghcr.io/owner/image": {},
      "ghcr.io/owner": { auth: encoded("owner:2") },
      "ghcr.io": { auth: encoded("all:3") },
    };
    const who = (repository: string) =>
      credentialsFor("ghcr.io", repository, environment({ auths }));
    expect(await who("owner/image")).toMatchObject({ username: "owner" });
    expect(await who("owners/image")).toMatchObject({ username: "all" });
  });

  it("stay what they are when another entry is none", async () => {
    const env = environment({
      auths: { a: 7, "ghcr.io": { auth: encoded("me:secret"), email: 1 } },
      credHelpers: [],
    });
    expect(await credentialsFor("ghcr.io", "o/i", env)).toMatchObject({ username: "me" });
  });

  // with a folder of no name they would be read from the working folder, which is the checkout
  it.each([{ DOCKER_CONFIG: "" }, {}])("come from the home folder with %j", async (none) => {
    const env = environment({ auths: { "ghcr.io": { auth: encoded("me:home") } } }, true);
    const found = await credentialsFor("ghcr.io", "o/i", { ...env, ...none });
    expect(found).toEqual({ username: "me", password: "home" });
  });

  it.each([
    "",
    "{",
    "[]",
    "\uFEFF{}",
    "// mine\n{}",
    '{"auths":7}',
    '{"auths":{"ghcr.io":{"auth":"***"}}}',
    '{"auths":{"ghcr.io":{}}}',
  ])("are none in the configuration %j", async (config) =>
    expect(await credentialsFor("ghcr.io", "o/i", environment(config))).toBeUndefined(),
  );

  it("are none where the file is a folder, or is not to be read", async () => {
    const folder = workspace({ "config.json/x": "" });
    expect(await credentialsFor("ghcr.io", "o/i", { DOCKER_CONFIG: folder })).toBeUndefined();
    expect(await storedCredentials({ DOCKER_CONFIG: folder })).toEqual([]);
  });

  it("are none without a configuration", async () => {
    expect(await credentialsFor("ghcr.io", "o/i", { DOCKER_CONFIG: "/nowhere" })).toBeUndefined();
  });
});

describe("a credential helper", () => {
  const answer = `echo '{"ServerURL":"x","Username":"helped","Secret":"by helper"}'`;

  it("is asked for the registry on standard input", async () => {
    const stub = helper("stub", answer);
    const env = { ...environment({ credsStore: "stub" }), PATH: stub.PATH };
    expect(await credentialsFor("ghcr.io", "o/i", env)).toEqual({
      username: "helped",
      password: "by helper",
    });
    expect(readFileSync(join(stub.folder, "docker-credential-stub.asked"), "utf8")).toBe(
      "get ghcr.io\n",
    );
  });

  it("of a registry comes before the common one", async () => {
    const stub = helper("own", answer);
    const env = {
      ...environment({ credsStore: "missing", credHelpers: { "ghcr.io": "own" } }),
      PATH: stub.PATH,
    };
    expect(await credentialsFor("ghcr.io", "o/i", env)).toMatchObject({ username: "helped" });
    expect(await credentialsFor("quay.io", "o/i", env)).toBeUndefined();
  });

  it("may answer with a token", async () => {
    const stub = helper("tok", `echo '{"Username":"<token>","Secret":"refresh"}'`);
    const env = { ...environment({ credsStore: "tok" }), PATH: stub.PATH };
    expect(await credentialsFor("ghcr.io", "o/i", env)).toEqual({ identityToken: "refresh" });
  });

  it.each([
    ["fails", "echo 'credentials not found'; exit 1"],
    ["talks nonsense", "echo nonsense"],
    ["has an empty one", `echo '{"ServerURL":"","Username":"","Secret":""}'`],
    ["ends without reading", "exec <&-; exit 1"],
  ])("that %s leaves what the file has", async (_what, body) => {
    const stub = helper("bad", body);
    const env = {
      ...environment({ credsStore: "bad", auths: { "ghcr.io": { auth: encoded("me:file") } } }),
      PATH: stub.PATH,
    };
    expect(await credentialsFor("ghcr.io", "o/i", env)).toEqual({
      username: "me",
      password: "file",
    });
  });

  it.each([
    ["waits", "sleep 60"],
    ["has left something that keeps its output open", "sleep 60 & exit 0"],
    ["does not hear that it is to end", "trap '' TERM INT; sleep 60; sleep 60"],
    ["never ends to talk", "yes"],
  ])("that %s is not waited for", async (_what, body) => {
    const stub = helper("slow", body);
    const auths = { "ghcr.io": { auth: encoded("me:file") } };
    const env = { ...environment({ credsStore: "slow", auths }), PATH: stub.PATH };
    const began = performance.now();
    expect(await credentialsFor("ghcr.io", "o/i", env, 150)).toMatchObject({ password: "file" });
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it("that is missing, or whose name is a path, is none", async () => {
    for (const credsStore of ["not-installed", "../../bin/sh", "a b"]) {
      expect(await credentialsFor("ghcr.io", "o/i", environment({ credsStore }))).toBeUndefined();
    }
  });

  // that is how docker, and src/registry/docker-config.ts, says where the login is
  it("with an empty name for a registry means the file, whatever the common helper has", async () => {
    const stub = helper("common", answer);
    const config = {
      credsStore: "common",
      credHelpers: { "ghcr.io": "" },
      auths: { "ghcr.io": { auth: encoded("me:file") } },
    };
    const env = { ...environment(config), PATH: stub.PATH };
    expect(await credentialsFor("ghcr.io", "o/i", env)).toEqual({
      username: "me",
      password: "file",
    });
  });
});
