import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { apiClient } from "../../../src/github/client.ts";
import { defaultBranchOf } from "../../../src/github/default-branch.ts";
import { offerAuthorities, trustsMore } from "../../../src/network/authorities.ts";
import { fetchSmall } from "../../../src/registry/transport.ts";
import { workspace } from "../settings/workspace.ts";

let trusted: readonly string[];
beforeEach(() => {
  trusted = getCACertificates("default");
});
afterEach(() => {
  offerAuthorities(undefined);
  setDefaultCACertificates([...trusted]);
});

/** A server with a certificate of its own, and that certificate. */
async function company() {
  const folder = workspace();
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  execFileSync(
    "openssl",
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ${key} -out ${cert}`.split(
      " ",
    ),
    { stdio: "ignore" },
  );
  const pem = readFileSync(cert, "utf8");
  let asked = 0;
  const server = createServer({ key: readFileSync(key), cert: pem }, (_, response) => {
    asked += 1;
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  return { url, pem, asked: () => asked };
}

const signal = AbortSignal.timeout(20_000);
const repository = "octo-org/demo";

/** What asks others in this process. */
const askers: Record<string, (url: string) => Promise<unknown>> = {
  "a registry": (url) => fetchSmall(`${url}/v2/`),
  "a registry that has certificates of its own": (url) =>
    fetchSmall(`${url}/v2/`, { trust: { ca: [getCACertificates("bundled")[0] ?? ""] } }),
  "GitHub's API": async (url) => {
    const api = await apiClient({ repository, token: "t", apiUrl: url, signal });
    return api.call("GET /repos/{owner}/{repo}");
  },
  "the default branch": (url) =>
    defaultBranchOf({ repository, token: "t", apiUrl: url, signal })
      .read("a")
      .catch((error: Error) => {
        if (/certificate/.test(error.message)) throw error;
      }),
};

it.each(Object.entries(askers))("%s is trusted once it turns out to be needed", async (_, ask) => {
  const { url, pem, asked } = await company();
  await expect(ask(url)).rejects.toThrow(/certificate/i);
  expect(asked()).toBe(0);
  let looked = 0;
  offerAuthorities(async () => {
    looked += 1;
    return [pem];
  });
  await Promise.all([ask(url), ask(url)]);
  await ask(url);
  expect(looked).toBe(1);
  expect(asked()).toBe(3);
});

it.each<[string, () => Promise<readonly string[]>]>([
  ["none", async () => []],
  ["what is no certificate", async () => ["-----BEGIN CERTIFICATE-----\nAAAA"]],
  ["a file that cannot be read", () => Promise.reject(new Error("no such file"))],
])("%s changes nothing", async (_, find) => {
  const { url } = await company();
  offerAuthorities(find);
  await expect(fetchSmall(url)).rejects.toThrow(/self-signed certificate/);
});

it.each([
  [{ code: "ECONNRESET" }, false],
  [{ code: "CERT_HAS_EXPIRED" }, false],
  [{ code: "ERR_TLS_CERT_ALTNAME_INVALID" }, false],
  [{ code: "SELF_SIGNED_CERT_IN_CHAIN" }, true],
  [{ cause: Object.assign(new Error(), { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" }) }, true],
])("of %j: %j", async (more, is) => {
  offerAuthorities(async () => [...trusted.slice(0, 1)]);
  expect(await trustsMore(Object.assign(new Error("it failed"), more))).toBe(is);
});
