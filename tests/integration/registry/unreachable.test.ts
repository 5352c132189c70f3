import { mkdtemp, readFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../../scripts/shell.ts";
import { jobFolder } from "../../harness/runner-env.ts";
import { act, layer, messages, salt } from "../support/act.ts";
import { SMALL_BASE_IMAGE } from "../support/images.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { account } from "../support/sharing.ts";

// Registries that nobody can talk to. They are asked in vain before the build, and the task does not notice.
const inputs = (registry: string) => ({
  "base-image": SMALL_BASE_IMAGE,
  pull: "never",
  registry: `${registry}/demo`,
  "registry-username": account.username,
  "registry-password": account.password,
  push: "never",
  "cached-preflight": "echo env >/env",
  "cache-container-build": "true",
  "cache-version": salt(),
  "ca-certificates": "off", // else who is not trusted is asked once more, with the machine's further authorities
  command: "exit 7",
});

async function misses(registry: string, why: RegExp) {
  const result = await act(inputs(registry));
  expect(result.outputs).toMatchObject({ "exit-code": "7", "image-source": "built" });
  const about = messages(result, "warning").filter((text) => !text.startsWith("the login at "));
  expect(about).toEqual([expect.stringMatching(why)]);
  expect(layer(result, "env").why).toMatch(why);
  await nothingLeft(result, { account });
}

let tls: Server;
let hellos = 0;
beforeAll(async () => {
  const folder = await mkdtemp(join(await jobFolder(), "certificate-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"];
  await run("openssl", ["req", "-x509", ...newKey, "-keyout", key, "-out", cert, ...subject]);
  tls = createServer({ key: await readFile(key), cert: await readFile(cert) }, (_asked, answer) => {
    throw new Error(`a certificate that nobody trusts was trusted${answer.end()}`);
  });
  tls.on("connection", () => (hellos += 1));
  await new Promise<void>((resolve) => tls.listen(0, "127.0.0.1", resolve));
});
afterAll(() => new Promise((resolve) => tls.close(resolve)));

test("TLS that does not verify is not tried again", async () => {
  // Loopback is spoken to without TLS; in this spelling only the system knows that it is loopback.
  const registry = `127.1:${(tls.address() as AddressInfo).port}`;
  const before = hellos;
  await misses(registry, /cannot be reached: .*self[- ]signed/i);
  expect(hellos - before).toBe(1);
});

test("a name that does not resolve", async () => {
  // a name service that is slow to say so uses up all the time there is
  await misses(
    "registry.invalid",
    /registry\.invalid (?:cannot be reached: .*registry\.invalid|did not answer in the time there was)/,
  );
});
