import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { attempt, run } from "../../scripts/shell.ts";
import { act, messages } from "../integration/support/act.ts";
import { type OwnEngine, ownEngine } from "../integration/support/own-engine.ts";
import { freePort } from "./support/free-port.ts";
import { oldDocker, oldEngine } from "./support/old-docker.ts";
import { walkThrough } from "./support/walk.ts";

// Each row of docs/engines.md that is Docker's. Some 20 s each.

async function withEngine(
  options: Parameters<typeof ownEngine>[0],
  body: (engine: OwnEngine) => Promise<void>,
): Promise<void> {
  const engine = await ownEngine(options);
  try {
    await body(engine);
  } finally {
    await engine.end();
  }
}

describe("Docker", () => {
  test("with the classic image store", () => withEngine({}, ({ env }) => walkThrough(env)));

  test("with containerd's image store", () =>
    withEngine({ kind: { containerdSnapshotter: true } }, ({ env }) => walkThrough(env)));

  test("that has none of this machine's files", () =>
    withEngine({ withoutOurFiles: true }, ({ env }) => walkThrough(env)));

  test("over TCP with TLS, the client known by its certificate", async () => {
    const certificates = await certificatesForLoopback();
    const host = `tcp://127.0.0.1:${await freePort()}`;
    try {
      await withEngine({ kind: { tls: { host, certificates } } }, async () => {
        const known = { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: certificates };
        await walkThrough({ DOCKER_HOST: host, ...known });
      });
    } finally {
      await rm(certificates, { recursive: true });
    }
  });
});

test("Docker 20.10, by a newer docker command and by its own", async () => {
  await withEngine({ kind: { programs: await oldEngine() } }, async ({ env, docker }) => {
    const { stdout } = await docker("version", "--format", "{{.Server.Version}}");
    expect(stdout).toMatch(/^20\.10\./);
    await walkThrough(env);
    await walkThrough({ ...env, ...(await oldDocker()) });
  });
});

test("the docker command 20.10 and a newer engine", async () => {
  const old = await oldDocker();
  const { stdout } = await attempt("docker", ["--version"], { env: old });
  expect(stdout).toMatch(/^Docker version 20\.10\./);
  await walkThrough({ DOCKER_HOST: "unix:///var/run/docker.sock", ...old });
});

/** One certificate for both ends, and who vouches for it. */
async function certificatesForLoopback(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "agent-runner-tls-"));
  const file = (name: string) => join(dir, name);
  const request = (name: string, ...more: string[]) =>
    run("openssl", [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"],
      ...["-keyout", file(`${name}-key.pem`), "-out", file(`${name}.pem`), ...more],
    ]);
  await request("ca", "-subj", "/CN=agent-runner-test-ca");
  await request(
    "cert",
    "-subj",
    "/CN=agent-runner-test",
    "-CA",
    file("ca.pem"),
    "-CAkey",
    file("ca-key.pem"),
    "-addext",
    "subjectAltName=IP:127.0.0.1",
    "-addext",
    "extendedKeyUsage=serverAuth,clientAuth",
    "-addext",
    "basicConstraints=critical,CA:false",
  );
  await run("mv", [file("cert-key.pem"), file("key.pem")]);
  return dir;
}

test("an engine that does not speak our version of its API is told so", async () => {
  const result = await act({ command: "true" }, { env: { DOCKER_API_VERSION: "1.20" } });
  expect(messages(result, "error").join()).toMatch(/^the Docker engine cannot be used: .*too old/);
});
