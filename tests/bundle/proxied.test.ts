import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { run } from "../../scripts/shell.ts";
import { certificateVariables } from "../../src/settings/certificates.ts";
import { dockerLog } from "../harness/docker-log.ts";
import { runAction } from "../harness/runner.ts";
import { jobFolder } from "../harness/runner-env.ts";
import { apiOfTest } from "../unit/github/api-server.ts";
import { payloadOf } from "../unit/github/payloads.ts";

// GitHub's API in a company's network: behind a proxy that wants a password, with a certificate of the company's own.

const servers: (Server & { closeAllConnections(): void })[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function started<T extends (typeof servers)[number]>(server: T): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function company() {
  const api = await apiOfTest();
  api.roles.set("octocat", "read");
  const folder = await jobFolder();
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  await run("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-subj", "/CN=api", "-addext", "subjectAltName=DNS:api.company.example"],
    ...["-keyout", key, "-out", cert],
  ]);
  const tls = createTlsServer({ key: await readFile(key), cert: await readFile(cert) });
  tls.on("request", ({ method, url, headers }, response) => {
    const onward = request(`${api.url}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.end();
  });
  const behind = await started(tls);
  const logins: string[] = [];
  const proxy = createServer();
  proxy.on("connect", ({ url, headers }, socket) => {
    const login = String(headers["proxy-authorization"]).replace(/^Basic /, "");
    logins.push(`${url} ${Buffer.from(login, "base64")}`);
    const upstream = connect(behind, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  const address = `http://me:p%40ss-word@127.0.0.1:${await started(proxy)}`;
  return { cert, logins, address, api };
}

test.each(["ca-certificates", "SSL_CERT_FILE"])(
  "it is asked, and believed by what %s says",
  async (name) => {
    const { cert, logins, address, api } = await company();
    const docker = await dockerLog("stub");
    const result = await runAction({
      inputs: {
        ...{ "base-image": "127.0.0.1:9/team/base:1", command: "true", proxy: "off" },
        ...(name === "ca-certificates" && { [name]: cert }),
      },
      event: {
        name: "issue_comment",
        payload: {
          ...payloadOf("issue_comment"),
          sender: { login: "octocat", type: "User" },
        },
      },
      env: {
        ...Object.fromEntries(certificateVariables.map((one) => [one, ""])),
        ...docker.env,
        GITHUB_API_URL: "https://api.company.example",
        https_proxy: address,
        NO_PROXY: "",
        ...(name === "SSL_CERT_FILE" && { [name]: cert }),
      },
    });
    expect(result.annotations.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^nothing was started: octocat has the permission `read`/),
    ]);
    expect(api.requests.length).toBeGreaterThan(0);
    // a connection that was not believed, and then those that are
    expect(new Set(logins)).toEqual(new Set(["api.company.example:443 me:p@ss-word"]));
    expect(result.log).not.toContain("ss-word");
    expect(result.log).not.toContain("Deprecation");
  },
);
