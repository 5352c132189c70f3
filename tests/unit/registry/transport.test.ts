import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { fetchSmall, open } from "../../../src/registry/transport.ts";
import { workspace } from "../settings/workspace.ts";
import { serve } from "./http.ts";

const authorization = "Basic bWU6c2VjcmV0";
const seen = ({ requests }: Awaited<ReturnType<typeof serve>>) =>
  requests.map(({ path, headers }) => [path, headers.authorization]);

/** A server that sends everybody somewhere else. */
const leadingTo = (location: string, status = 307) =>
  serve((_, response) => response.writeHead(status, { location }).end());

describe.concurrent("a login goes only to the scheme, host and port that were asked", () => {
  it("along a redirect that stays there, also one without a host", async () => {
    const server = await serve((request, response) => {
      if (request.url === "/a") response.writeHead(302, { location: "b?c=1" }).end();
      else response.end("here");
    });
    const answer = await fetchSmall(`http://${server.address}/a`, { authorization });
    expect(answer).toMatchObject({ status: 200, own: true });
    expect(answer.body.toString()).toBe("here");
    expect(seen(server)).toEqual([
      ["/a", authorization],
      ["/b?c=1", authorization],
    ]);
  });

  it.each([
    ["host", "127.0.0.2"],
    ["port", "127.0.0.1"],
  ])("not to another %s", async (_what, host) => {
    const elsewhere = await serve((_, response) => response.end("here"), host);
    const server = await leadingTo(`http://${elsewhere.address}/blob`);
    const headers = { range: "bytes=0-1" };
    const answer = await fetchSmall(`http://${server.address}/a`, { authorization, headers });
    expect(answer).toMatchObject({ status: 200, own: false });
    expect(seen(elsewhere)).toEqual([["/blob", undefined]]);
    expect(elsewhere.requests[0]?.headers.range).toBe("bytes=0-1");
  });

  it("nor back, once it was elsewhere", async () => {
    const server = await serve((request, response) => {
      if (request.url === "/end") response.end("here");
      else response.writeHead(307, { location: `http://${elsewhere.address}/` }).end();
    });
    const elsewhere = await leadingTo(`http://${server.address}/end`);
    const answer = await fetchSmall(`http://${server.address}/a`, { authorization });
    expect(answer).toMatchObject({ status: 200, own: false });
    expect(seen(server)).toEqual([
      ["/a", authorization],
      ["/end", undefined],
    ]);
  });

  it("nor in a form: its redirect is the answer", async () => {
    const elsewhere = await serve((_, response) => response.end());
    const server = await leadingTo(`http://${elsewhere.address}/`);
    const form = { refresh_token: "secret" };
    expect(await fetchSmall(`http://${server.address}/a`, { form })).toMatchObject({ status: 307 });
    expect(elsewhere.requests).toEqual([]);
  });
});

describe.concurrent("a redirect", () => {
  it("is followed five times", async () => {
    const server = await serve((_, response) => response.writeHead(308, { location: "/" }).end());
    expect(await fetchSmall(`http://${server.address}/`)).toMatchObject({ status: 308 });
    expect(server.requests).toHaveLength(6);
  });

  it.each(["ftp://127.0.0.1/", "file:///etc/passwd", "http://[", undefined])(
    "to %s is the answer",
    async (location) => {
      const { address } = await serve((_, response) =>
        response.writeHead(301, location === undefined ? {} : { location }).end(),
      );
      expect(await fetchSmall(`http://${address}/`)).toMatchObject({ status: 301, own: true });
    },
  );

  it("from TLS to plain HTTP is refused", async () => {
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
    onTestFinished(() => setDefaultCACertificates(trusted));
    const plain = await serve((_, response) => response.end());
    const server = createServer(
      { key: readFileSync(key), cert: readFileSync(cert) },
      (_, response) => response.writeHead(307, { location: `http://${plain.address}/` }).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await expect(open(`https://localhost:${port}/`, { authorization })).rejects.toMatchObject({
      kind: "unreachable",
      transient: false,
      message: `localhost:${port} redirects from TLS to plain HTTP`,
    });
    expect(plain.requests).toEqual([]);
  });
});

describe.concurrent("what goes wrong on the way", () => {
  it("names the host that cannot be reached, not the one that led there", async () => {
    const { address } = await leadingTo("http://127.0.0.1:1/blob?signature=secret");
    await expect(open(`http://${address}/`)).rejects.toMatchObject({
      kind: "unreachable",
      transient: true,
      message: expect.stringMatching(/^127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/),
    });
  });

  it("says how long nothing came, and not of which path: it may have a signature", async () => {
    const { address } = await serve(() => {});
    const url = `http://${address}/blob?signature=secret`;
    await expect(open(url, { idleMs: 100 })).rejects.toMatchObject({
      transient: true,
      message: `${address} cannot be reached: no answer for 0.1 s`,
    });
  });
});
