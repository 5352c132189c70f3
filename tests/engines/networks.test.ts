import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Daemon, startDaemon } from "../../scripts/engine-daemon.ts";
import { attempt, run } from "../../scripts/shell.ts";
import { agents } from "../../src/agents/agents.ts";
import { certificateVariables } from "../../src/settings/certificates.ts";
import { AZURE_HOST, type CacheService, startCacheService } from "../harness/cache-service.ts";
import { dockerLog } from "../harness/docker-log.ts";
import { type GitHubServer, startGitHub } from "../harness/github/server.ts";
import { type Registry, startRegistry } from "../harness/registry.ts";
import { act, layer, messages, printed, type Ran, salt } from "../integration/support/act.ts";
import { buildImage, pushAs, removeImages } from "../integration/support/images.ts";
import { ensureNodeImage, NODE_IMAGE } from "../integration/support/node-image.ts";
import { makeAuthority, npmPackage, serveFiles, serveHosts } from "./support/company.ts";
import { type Enclosure, enclose } from "./support/enclosure.ts";
import { type Squid, startSquid } from "./support/squid.ts";

// Engine and action in a network whose only way out is a company's proxy: it wants a password, and reads along. Two
// minutes.

const user = "runner";
const password = "p@ss:w/ord-of-the-proxy";
const port = 3128;
const domain = "company.example";
const host = (name: string) => `${name}.${domain}`;
const version = "9.8.7";
const entry = { dist: join(import.meta.dirname, "support/enclosed.ts") };

const ends: (() => unknown)[] = [];
let enclosure: Enclosure;
let engine: Daemon;
let squid: Squid;
let registry: Registry;
let cache: CacheService;
let github: GitHubServer;
let authority: string;
let proxy: string;

beforeAll(async () => {
  await ensureNodeImage();
  const folder = await mkdtemp(join(tmpdir(), "agent-runner-company-"));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const own = await makeAuthority(folder);
  authority = own.certificate;
  registry = await startRegistry();
  cache = await startCacheService();
  cache.blobsAt = `https://${AZURE_HOST}`;
  github = await startGitHub({
    "GET /repos/:owner/:repo/collaborators/:user/permission": () => ({
      body: { permission: "write", role_name: "write", user: { login: "octocat" } },
    }),
  });
  const { npmPackage: name, binary: program } = agents.gemini;
  const npm = await serveFiles(
    await npmPackage(folder, `https://${host("npm")}`, { name, version, program }),
  );
  const others = await serveFiles({
    "/hello": "hello from the company",
    "/./Packages":
      "Package: company-tool\nVersion: 1\nArchitecture: all\nFilename: ./tool.deb\nSize: 1\nSHA256: 0\n\n",
  });
  ends.push(registry.stop, cache.stop, github.stop, npm.stop, others.stop);
  const upstreams = new Map([
    [host("registry"), registry.address],
    [host("api"), new URL(github.url).host],
    [host("results"), new URL(cache.url).host],
    [AZURE_HOST, cache.blobs.address],
    [host("npm"), npm.address],
    [host("www"), others.address],
    [host("apt"), others.address],
  ]);
  const front = await serveHosts(folder, own, upstreams);
  ends.push(front.stop);
  await pushBase();

  enclosure = await enclose(port);
  ends.push(enclosure.remove);
  const hosts = new Map([...upstreams.keys()].map((name) => [name, front.address]));
  const listen = `${enclosure.outside}:${port}`;
  squid = await startSquid({ listen, user, password, authority: own, hosts });
  ends.push(squid.stop);
  proxy = `http://${user}:${encodeURIComponent(password)}@${listen}`;
  const dir = await mkdtemp("/var/tmp/agent-runner-engine-");
  ends.push(() => rm(dir, { recursive: true, force: true }));
  engine = await startDaemon({
    dir: join(dir, "engine"),
    name: `n${randomBytes(3).toString("hex")}`,
    namespace: enclosure.namespace,
    env: { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, SSL_CERT_FILE: authority },
  });
  ends.push(engine.stop);
});

afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

/** A base with Node.js and git that knows nothing of this machine's own network. */
async function pushBase(): Promise<void> {
  const local = "agent-runner-test-base-company:bookworm";
  await buildImage(local, [
    "FROM scratch",
    `COPY --from=${NODE_IMAGE} / /`,
    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    `ENV NPM_CONFIG_REGISTRY=https://${host("npm")}/`,
    'CMD ["bash"]',
  ]);
  try {
    await pushAs(local, `${registry.address}/team/base:1`);
  } finally {
    await removeImages([local]);
  }
}

/** This machine may have a network and authorities of its own. */
const none = Object.fromEntries(
  [...certificateVariables, "SSL_CERT_DIR", "NO_PROXY", "no_proxy"].map((name) => [name, ""]),
);

const ask =
  "NODE_USE_ENV_PROXY=1 node -e \"fetch('https://www.company.example/hello').then((one) => one.text()).then(console.log)\"";

const inputs = () => ({
  "base-image": `${host("registry")}/team/base:1`,
  pull: "always",
  "cached-preflight": [
    `${ask} >/built`,
    // apt has the company's repository alone
    `echo 'deb [trusted=yes] https://${host("apt")} ./' >/etc/apt/sources.list`,
    "rm -rf /etc/apt/sources.list.d",
    "apt-get update",
    "apt-cache policy company-tool | grep Candidate >>/built",
  ].join("\n"),
  "cache-container-build": "true",
  "cache-version": salt(),
  agent: "gemini",
  "agent-version": "latest",
  "agent-args": "--version",
  prompt: "x",
  "required-permission": "write",
  "run-preflight": `sed 's/^/task: /' /built\necho "task: $(${ask})"`,
});

const said = [
  "task: hello from the company",
  "task:   Candidate: 1",
  "task: hello from the company",
  `task: gemini ${version}`,
];

/** The action in there, as a step on a machine of the company's. */
async function step(given: Record<string, string>, more: Record<string, string>): Promise<Ran> {
  const env = {
    ...none,
    ...cache.env(),
    ACTIONS_RESULTS_URL: `https://${host("results")}/`,
    GITHUB_API_URL: `https://${host("api")}`,
    npm_config_registry: `https://${host("npm")}/`,
    ENCLOSED_IN: enclosure.namespace,
    DOCKER_HOST: engine.host,
    HTTPS_PROXY: proxy,
    HTTP_PROXY: proxy,
    ...more,
  };
  const sender = { login: "octocat", type: "User" };
  const event = { name: "push", payload: { ref: "refs/heads/main", sender } };
  return act(given, { env, event, ...entry });
}

/** Whom somebody with the password has asked, but for connections alone. */
async function reached(from = 0): Promise<readonly string[]> {
  const asked = (await squid.log()).slice(from).filter(({ status }) => status !== 407);
  expect(asked.filter((one) => one.user !== user)).toEqual([]);
  const names = asked
    .filter(({ method }) => method !== "CONNECT")
    .map(({ url }) => new URL(url).hostname.replace(`.${domain}`, ""));
  return [...new Set(names)].sort();
}

const docker = (...args: string[]) => run("docker", args, { env: { DOCKER_HOST: engine.host } });

async function emptied(): Promise<void> {
  const ids = await docker("image", "ls", "--all", "--quiet");
  for (const id of new Set(ids.split("\n").filter((one) => one !== ""))) {
    await attempt("docker", ["image", "rm", "--force", id], { env: { DOCKER_HOST: engine.host } });
  }
  expect(await docker("image", "ls", "--all", "--quiet")).toBe("");
}

test("a cold and a warm run behind it: base, build, agent, push, cache, API, task", async () => {
  const mine = inputs();
  const log = await dockerLog();
  const registryOfOurs = `${host("registry")}/cache`;
  const shared = {
    ...mine,
    registry: registryOfOurs,
    push: "always",
    "actions-cache": "read-write",
  };
  const cold = await step({ ...shared, "ca-certificates": authority }, log.env);
  expect(printed(cold), cold.log).toEqual(said);
  expect(messages(cold, "warning")).toEqual([]);
  for (const name of ["env", "agent"]) {
    expect(layer(cold, name)).toMatchObject({ source: "built", pushed: true, saved: true });
  }
  expect(await reached()).toEqual(
    ["api", "apt", "npm", "registry", "results", AZURE_HOST, "www"].sort(),
  );

  expect((await log.commands()).flat().join("\n")).not.toContain("ord-of-the-proxy");
  expect(cold.log).not.toContain("ord-of-the-proxy");
  const { reference } = layer(cold, "agent");
  const image = await Promise.all([
    docker("history", "--no-trunc", reference),
    docker("image", "inspect", reference),
    docker(
      ...["run", "--rm", "--network=none", "--entrypoint=grep", reference],
      ...["-rlE", "--exclude-dir=proc", "--exclude-dir=sys", "--exclude-dir=node_modules"],
      ...[
        "ord-of-the-proxy|Company's own authority",
        "/etc",
        "/usr/local",
        "/root",
        "/run",
        "/tmp",
        "/var",
      ],
    ).catch(() => "nothing"),
  ]);
  expect(image.slice(0, 2).join("\n")).not.toContain("ord-of-the-proxy");
  expect(image[2]).toBe("nothing");

  for (const [more, source] of [
    [{ registry: registryOfOurs, push: "never", "actions-cache": "off" }, "registry"],
    [{}, "actions-cache"],
  ] as const) {
    await emptied();
    const from = (await squid.log()).length;
    // this time the step's own programs are told of the authority
    const warm = await step({ ...mine, ...more }, { SSL_CERT_FILE: authority });
    expect(warm.outputs, warm.log).toMatchObject({ "image-source": source, "cache-hit": "true" });
    expect(printed(warm)).toEqual(said);
    expect(messages(warm, "warning")).toEqual([]);
    expect(layer(warm, "agent").key).toBe(layer(cold, "agent").key);
    const ways = { registry: [], "actions-cache": ["results", AZURE_HOST] }[source];
    expect(await reached(from)).toEqual(["api", "npm", "registry", "www", ...ways].sort());
  }
});

test("without the password there is no way, and it is said why", async () => {
  const refused = await step(
    { ...inputs(), "required-permission": "none", mode: "plan", "ca-certificates": authority },
    { HTTPS_PROXY: `http://${user}:no@${enclosure.outside}:${port}` },
  );
  expect(refused.log).toMatch(/the proxy wants a user and a password/);
});
