import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync } from "node:fs";
import { createServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startBudget } from "../../../src/registry/budget.ts";
import { registryClient } from "../../../src/registry/client.ts";
import type { EngineRegistries } from "../../../src/registry/engine-registries.ts";
import { RegistryTrouble } from "../../../src/registry/trouble.ts";
import { reachRegistries } from "../../../src/registry/ways.ts";
import { image, json, serve } from "../../unit/registry/http.ts";
import { workspace } from "../../unit/settings/workspace.ts";

// this machine by an address that is not taken for loopback, for which TLS is the usual way
const here = "0.0.0.0";
const login = { username: "me", password: "secret" };
const nothing: EngineRegistries = { mirrors: [], insecureHosts: [], insecureNetworks: [] };

/** A folder with `NAME.pem` and `NAME.key` of an authority's own. */
function certificate() {
  const folder = workspace();
  const [key, cert] = [join(folder, "a.key"), join(folder, "a.pem")];
  execFileSync(
    "openssl",
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=x -addext subjectAltName=IP:0.0.0.0,IP:127.0.0.1 -keyout ${key} -out ${cert}`.split(
      " ",
    ),
    { stdio: "ignore" },
  );
  return { key, cert };
}

async function serveTls({ key, cert }: { key: string; cert: string }, more: ServerOptions = {}) {
  const seen: (string | undefined)[] = [];
  const options = { key: readFileSync(key), cert: readFileSync(cert), ...more };
  const server = createServer(options, (request, response) => {
    seen.push(request.headers.authorization);
    response.end(json);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, port: (server.address() as AddressInfo).port };
}

function clientOf(said: Partial<EngineRegistries> | undefined, certificates: string[] = []) {
  let asked = 0;
  const askEngine = async () => {
    asked += 1;
    return said && { ...nothing, ...said };
  };
  const options = { credentials: async () => login, budget: startBudget(5_000) };
  const client = registryClient({ ...options, ways: { askEngine, certificates } });
  return { client, asked: () => asked };
}

const trouble = (error: unknown) => error as RegistryTrouble;

describe("a registry that the engine needs no certificate of", () => {
  it.each([
    ["host", (port: string) => ({ insecureHosts: [`${here}:${port}`] })],
    ["network", () => ({ insecureNetworks: ["0.0.0.0/8", "::1/128"] })],
  ])("by its %s is asked in plain HTTP, with its login", async (_what, said) => {
    const { address, requests } = await serve((request, response) => {
      const status = request.headers.authorization === undefined ? 401 : 200;
      response.writeHead(status, { "www-authenticate": "Negotiate, Basic realm=x" }).end(json);
    });
    const port = address.split(":")[1] ?? "";
    const { client, asked } = clientOf(said(port));
    const found = await client.manifest(image(`${here}:${port}`), "1");
    expect(found.json).toEqual({ config: "here" });
    await client.manifest(image(`${here}:${port}`), "2");
    expect(requests.map(({ headers }) => headers.authorization !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
    expect(asked()).toBe(1);
  });

  it("is asked by TLS where it speaks that, whoever has signed for it", async () => {
    const { port } = await serveTls(certificate());
    const { client } = clientOf({ insecureHosts: [`${here}:${port}`] });
    expect((await client.manifest(image(`${here}:${port}`), "1")).json).toEqual({ config: "here" });
  });

  it("of this machine's own is asked by TLS where plain HTTP is not spoken", async () => {
    const { port } = await serveTls(certificate());
    const { client, asked } = clientOf(undefined);
    expect((await client.manifest(image(`127.0.0.1:${port}`), "1")).json).toBeDefined();
    expect(asked()).toBe(0);
  });

  it("gives its token in plain HTTP, too, and no other host gets the login so", async () => {
    const { address, requests } = await serve((request, response) => {
      const at = `http://${request.headers.host}/token`;
      if (request.url?.startsWith("/token")) response.end('{"token":"good"}');
      else if (request.headers.authorization === "Bearer good") response.end(json);
      else response.writeHead(401, { "www-authenticate": `Bearer realm="${at}"` }).end();
    });
    const host = `${here}:${address.split(":")[1]}`;
    const { client } = clientOf({ insecureHosts: [host] });
    expect((await client.manifest(image(host), "1")).json).toBeDefined();
    expect(requests[1]?.headers.authorization).toMatch(/^Basic /);
  });
});

it.each([
  ["says nothing", undefined],
  ["names others", { insecureHosts: [here, `${here}:1`], insecureNetworks: ["10.0.0.0/8", "x"] }],
])("the usual way's trouble is told where the engine %s", async (_what, said) => {
  const { address, requests } = await serve((_, response) => response.end(json));
  const { client } = clientOf(said);
  const host = `${here}:${address.split(":")[1]}`;
  const error = await client.manifest(image(host), "1").catch(trouble);
  expect(error).toMatchObject({ kind: "unreachable", message: expect.stringContaining("EPROTO") });
  expect(requests).toEqual([]);
});

describe("certificates that the engine has for a registry", () => {
  /** A folder like `/etc/docker/certs.d`. */
  function folderFor(host: string, files: Record<string, string>) {
    const folder = workspace();
    mkdirSync(join(folder, host));
    for (const [name, file] of Object.entries(files)) renameSync(file, join(folder, host, name));
    return folder;
  }

  it("are trusted, and show who asks", async () => {
    const [own, ours] = [certificate(), certificate()];
    const mutual = { requestCert: true, ca: readFileSync(ours.cert) };
    const { port, seen } = await serveTls(own, mutual);
    const host = `${here}:${port}`;
    const files = { "ca.crt": own.cert, "me.cert": ours.cert, "me.key": ours.key };
    const folder = folderFor(host, files);
    const { client, asked } = clientOf(undefined, ["/nowhere", folder]);
    expect((await client.manifest(image(host), "1")).json).toEqual({ config: "here" });
    expect([seen.length, asked()]).toEqual([1, 0]);
  });

  it.each(["r.example:443", "r.example", "[::1]:5000", "127.0.0.1:80"])(
    "are found by the name as the reference has it: %s",
    async (host) => {
      const folder = folderFor(host, { "ca.crt": certificate().cert });
      const ways = reachRegistries({ askEngine: async () => undefined, certificates: [folder] });
      const place = { trust: undefined, url: "" };
      await ways(image(host), async ({ trust, url }) => {
        Object.assign(place, { trust, url });
        return { status: 200, headers: {}, own: true };
      });
      expect(place).toEqual({
        url: expect.stringMatching(/^https:/),
        trust: expect.objectContaining({ ca: expect.any(Array) }),
      });
    },
  );

  it("are for that host and port alone", async () => {
    const own = certificate();
    const { port, seen } = await serveTls(own);
    const folder = folderFor(here, { "ca.crt": own.cert });
    const { client } = clientOf(nothing, [folder]);
    const error = await client.manifest(image(`${here}:${port}`), "1").catch(trouble);
    expect(error).toMatchObject({ kind: "unreachable" });
    expect(seen).toEqual([]);
  });
});

describe("a mirror of Docker Hub", () => {
  const hub = { registry: undefined, repository: "debian", tag: "12", digest: undefined };
  const home = "https://registry-1.docker.io/v2/library/debian";

  /** Asks with answers of these: a status, or no connection. */
  async function reach(answers: Record<string, number>, mirrors: string[], times = 1) {
    const urls: string[] = [];
    const askEngine = async () => ({ ...nothing, mirrors });
    const ways = reachRegistries({ askEngine, certificates: [] });
    const ask = () =>
      ways(hub, async ({ url, registry }) => {
        urls.push(url);
        const status = answers[url];
        if (status === undefined) throw new RegistryTrouble("unreachable", `${url} is away`);
        return { status, headers: {}, own: true, url, registry };
      }).catch(trouble);
    let last = await ask();
    for (let time = 1; time < times; time += 1) last = await ask();
    return { last, urls };
  }
  const mirror = "https://mirror.example/v2/library/debian";

  it.each([undefined, 401, 403, 404, 429, 500, 503])(
    "is asked when that answers %s",
    async (status) => {
      const answers = { ...(status && { [home]: status }), [mirror]: 200 };
      const { last, urls } = await reach(answers, ["nonsense", "https://mirror.example/"]);
      expect(last).toMatchObject({ status: 200, registry: "mirror.example" });
      expect(urls).toEqual([home, mirror]);
    },
  );

  it.each([200, 206])("is not asked when that answers %s", async (status) => {
    const { urls } = await reach({ [home]: status }, ["https://mirror.example/"]);
    expect(urls).toEqual([home]);
  });

  it.each([401, 404])("that does not have it either leaves that one's %s", async (status) => {
    const { last, urls } = await reach({ [home]: status, [mirror]: 404 }, [
      "https://mirror.example/",
    ]);
    expect([last, urls]).toMatchObject([{ status, url: home }, [home, mirror]]);
  });

  it.each([404, 401, 500])("that answers %s is passed over", async (status) => {
    const other = "http://127.0.0.1:5000/hub/v2/library/debian";
    const mirrors = ["https://mirror.example", "http://127.0.0.1:5000/hub/"];
    const { last } = await reach({ [mirror]: status, [other]: 200 }, mirrors);
    expect(last).toMatchObject({ url: other, registry: "127.0.0.1:5000" });
  });

  it("that has answered is asked first from then on", async () => {
    const { urls } = await reach({ [mirror]: 200 }, ["https://mirror.example/"], 2);
    expect(urls).toEqual([home, mirror, mirror]);
  });

  it("without an answer leaves Docker Hub's own trouble", async () => {
    const { last } = await reach({}, ["https://mirror.example/"]);
    expect(last).toMatchObject({ message: `${home} is away` });
  });
});
