import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer as createPlainServer, type RequestListener } from "node:http";
import { createServer } from "node:https";
import {
  type AddressInfo,
  connect,
  createServer as createSocketServer,
  type Server,
} from "node:net";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { fetchSmall, open } from "../../../src/registry/transport.ts";
import { serve } from "../../unit/registry/http.ts";
import { workspace } from "../../unit/settings/workspace.ts";

const authorization = "Basic bWU6c2VjcmV0";

describe("a redirect", () => {
  it("from TLS to plain HTTP is refused", async () => {
    const plain = await serve((_, response) => response.end());
    const { port } = await serveTls((_, response) =>
      response.writeHead(307, { location: `http://${plain.address}/` }).end(),
    );
    await expect(open(`https://localhost:${port}/`, { authorization })).rejects.toMatchObject({
      kind: "unreachable",
      transient: false,
      message: `localhost:${port} redirects from TLS to plain HTTP`,
    });
    expect(plain.requests).toEqual([]);
  });

  it("from plain HTTP to TLS on the same host and port takes no login along", async () => {
    const logins: (string | undefined)[] = [];
    const answer: RequestListener = ({ socket, headers }, response) => {
      logins.push(headers.authorization);
      if ("encrypted" in socket) response.end("here");
      else response.writeHead(307, { location: `https://localhost:${port}/` }).end();
    };
    const { port } = await serveTls(answer);
    expect(await fetchSmall(`http://localhost:${port}/`, { authorization })).toMatchObject({
      status: 200,
      own: false,
    });
    expect(logins).toEqual([authorization, undefined]);
  });
});

/** TLS, with a certificate that is trusted until the test is over, and plain HTTP on the same port. */
async function serveTls(handler: RequestListener): Promise<{ port: number }> {
  const folder = workspace();
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  execFileSync(
    "openssl",
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ${key} -out ${cert}`.split(
      " ",
    ),
    { stdio: "ignore" },
  );
  const trusted = getCACertificates("default");
  setDefaultCACertificates([...trusted, readFileSync(cert, "utf8")]);
  const plain = createPlainServer(handler);
  const tls = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, handler);
  const both = createSocketServer((socket) => {
    socket.once("data", (first) => {
      const onward = connect(portOf(first[0] === 0x16 ? tls : plain), "127.0.0.1");
      onward.write(first);
      socket.on("error", () => onward.destroy()).pipe(onward);
      onward.on("error", () => socket.destroy()).pipe(socket);
    });
  });
  const portOf = (server: Server) => (server.address() as AddressInfo).port;
  for (const server of [plain, tls, both]) {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }
  onTestFinished(() => {
    setDefaultCACertificates(trusted);
    for (const server of [plain, tls, both]) server.close();
  });
  return { port: portOf(both) };
}
