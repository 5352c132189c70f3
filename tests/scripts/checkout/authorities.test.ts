import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { once, origin, world } from "../../unit/checkout/world.ts";
import { workspace } from "../../unit/settings/workspace.ts";
import { commit } from "../../unit/task/changes/repository.ts";

const simple = once(() => origin({ a: "a\n" }, (work) => commit(work, { b: "b\n" })));

/** TLS in front of a server, with a certificate that nobody knows. */
async function behindTls(url: string): Promise<{ serverUrl: string; certificate: string }> {
  const folder = workspace();
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const argv = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ${key} -out ${certificate}`;
  execFileSync("openssl", argv.split(" "), { stdio: "ignore" });
  const server = createServer(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    (incoming, outgoing) => {
      const { method, headers } = incoming;
      const onward = request(`${url}${incoming.url}`, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(onward);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { serverUrl: `https://localhost:${(server.address() as AddressInfo).port}`, certificate };
}

/** This machine may have authorities of its own. */
const without = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !/_CA|_CERT/.test(name)));

it("git believes what further authorities vouch for, and only then", async () => {
  const { server, request, checkOut } = await world(simple());
  const { serverUrl, certificate } = await behindTls(server.url);
  const environment = without(request.environment);
  await expect(checkOut({ serverUrl, environment })).rejects.toThrow(/certificate/);
  const authorities = async () => certificate;
  const done = await checkOut({ serverUrl, environment, authorities });
  expect(done.head).toBe(simple().head);
});

it("what the step says of them for git is the last word", async () => {
  const { server, request, checkOut } = await world(simple());
  const { serverUrl, certificate } = await behindTls(server.url);
  const environment = { ...without(request.environment), GIT_SSL_CAINFO: certificate };
  let asked = false;
  await checkOut({
    serverUrl,
    environment,
    authorities: async () => {
      asked = true;
      return undefined;
    },
  });
  expect(asked).toBe(false);
});
