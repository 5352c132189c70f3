/** A company's network: its hosts, all on this machine and behind TLS, and the authority that vouches for them. */
import { createHash, randomInt } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, request, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { run } from "../../../scripts/shell.ts";
import type { Authority } from "./squid.ts";

const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

export async function makeAuthority(folder: string): Promise<Authority> {
  const [certificate, key] = [join(folder, "company.pem"), join(folder, "company-key.pem")];
  await run("openssl", [
    ...["req", "-x509", ...curve, "-days", "2", "-subj", "/CN=Company's own authority"],
    ...["-keyout", key, "-out", certificate],
  ]);
  return { certificate, key };
}

/**
 * Serves hosts by their names, at port 443 of a loopback address.
 *
 * @param upstreams by host: `127.0.0.1:PORT` of a server that speaks plain HTTP
 */
export async function serveHosts(
  folder: string,
  authority: Authority,
  upstreams: ReadonlyMap<string, string>,
): Promise<{ address: string; stop(): void }> {
  const [cert, key] = [join(folder, "hosts.pem"), join(folder, "hosts-key.pem")];
  const names = [...upstreams.keys()].map((name) => `DNS:${name}`).join(",");
  await run("openssl", [
    ...["req", "-x509", ...curve, "-days", "2", "-subj", "/CN=hosts", "-keyout", key, "-out", cert],
    ...["-CA", authority.certificate, "-CAkey", authority.key, "-addext"],
    ...[`subjectAltName=${names}`, "-addext", "basicConstraints=critical,CA:false"],
  ]);
  const server = createTlsServer({ cert: await readFile(cert), key: await readFile(key) });
  server.on("request", (incoming, outgoing) => {
    const [host = "", port] = (upstreams.get(incoming.headers.host ?? "") ?? "").split(":");
    const { method, url: path, headers } = incoming;
    const onward = request({ host, port, method, path, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      pipeline(answer, outgoing, () => {});
    });
    onward.on("error", () => outgoing.destroy());
    pipeline(incoming, onward, () => {});
  });
  server.requestTimeout = 0;
  const address = `127.${randomInt(100, 200)}.${randomInt(1, 250)}.${randomInt(2, 250)}`;
  await new Promise<void>((resolve) => server.listen(443, address, resolve));
  return {
    address,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A small server on loopback for what is no real one's: answers a path with a text or bytes. */
export async function serveFiles(
  files: Readonly<Record<string, string | Buffer>>,
): Promise<{ address: string; stop(): void }> {
  const answer: RequestListener = ({ url = "" }, response) => {
    const found = files[decodeURIComponent(url)];
    if (found === undefined) response.writeHead(404).end();
    else response.end(found);
  };
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What an npm registry has of a package with one program, which tells its version. */
export async function npmPackage(
  folder: string,
  registry: string,
  { name, version, program }: { name: string; version: string; program: string },
): Promise<Record<string, string | Buffer>> {
  const own = join(folder, "package");
  await mkdir(own);
  const manifest = { name, version, bin: { [program]: "program.sh" } };
  await writeFile(join(own, "package.json"), JSON.stringify(manifest));
  await writeFile(join(own, "program.sh"), `#!/bin/sh\necho "task: ${program} ${version}"\n`);
  const file = join(folder, "package.tgz");
  await run("tar", ["--create", "--gzip", "--file", file, "--directory", folder, "package"]);
  const bytes = await readFile(file);
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const path = `/${name}/-/package-${version}.tgz`;
  const dist = { integrity, tarball: `${registry}${path}` };
  return {
    [path]: bytes,
    [`/${name}`]: JSON.stringify({
      name,
      "dist-tags": { latest: version },
      versions: { [version]: { ...manifest, dist } },
    }),
  };
}
