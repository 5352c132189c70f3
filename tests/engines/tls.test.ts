import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { act } from "../integration/support/act.ts";
import { type OwnEngine, ownEngine } from "../integration/support/own-engine.ts";
import { certificatesForLoopback } from "./support/certificates.ts";
import { freePort } from "./support/free-port.ts";
import { walkThrough } from "./support/walk.ts";

let engine: OwnEngine;
let host: string;
const folders = { known: "", unknown: "" };

beforeAll(async () => {
  folders.known = await certificatesForLoopback();
  folders.unknown = await certificatesForLoopback();
  host = `tcp://127.0.0.1:${await freePort()}`;
  engine = await ownEngine({ kind: { tls: { host, certificates: folders.known } } });
});

afterAll(async () => {
  await engine?.end();
  for (const folder of Object.values(folders)) await rm(folder, { recursive: true, force: true });
});

test("Docker over TCP with TLS, the client known by its certificate", async () => {
  const known = { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: folders.known };
  await walkThrough({ DOCKER_HOST: host, ...known });
});

const verify = { DOCKER_TLS_VERIFY: "1" };
const trust = "the docker command and the engine have to trust each other's certificates";

test.each([
  [
    "no certificate",
    () => ({ ...verify, DOCKER_CERT_PATH: join(folders.known, "only-ca") }),
    `tls: .*certificate.*; ${trust}`,
  ],
  [
    "certificates of somebody else's",
    () => ({ ...verify, DOCKER_CERT_PATH: folders.unknown }),
    `x509: .*; ${trust}`,
  ],
  [
    "no folder of certificates",
    () => ({ ...verify, DOCKER_CERT_PATH: "/nonexistent" }),
    `open /nonexistent/ca.pem: no such file or directory; ${trust}`,
  ],
  ["no TLS", () => ({}), `an HTTPS server; ${trust}`],
  [
    "another port",
    () => ({ DOCKER_HOST: "tcp://127.0.0.1:1" }),
    "at tcp://127.0.0.1:1. .*; start the engine, or set `DOCKER_HOST`",
  ],
])("one who comes with %s is told so", async (_, env, sentence) => {
  const result = await act({ command: "true" }, { env: { DOCKER_HOST: host, ...env() } });
  const message = expect.stringMatching(`^the Docker engine cannot be used: .*${sentence}`);
  expect(result.annotations).toEqual([{ level: "error", message }]);
});
