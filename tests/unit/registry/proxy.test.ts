import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fetchSmall } from "../../../src/registry/transport.ts";

const names = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
let before: (readonly [string, string | undefined])[];

beforeEach(() => {
  before = names.map((name) => [name, process.env[name]]);
  for (const name of names) delete process.env[name];
});
afterEach(() => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

/** A registry, and a proxy that leads to it whatever host is asked for. */
async function network() {
  const asked: string[] = [];
  const registry = createServer((_, response) => response.end("from the registry"));
  const proxy = createServer();
  for (const server of [registry, proxy]) {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }
  const portOf = (server: typeof proxy) => (server.address() as AddressInfo).port;
  proxy.on("connect", ({ url, headers }, socket) => {
    const login = headers["proxy-authorization"] ?? "";
    asked.push(`${url} ${Buffer.from(login.replace(/^Basic /, ""), "base64")}`);
    const upstream = connect(portOf(registry), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  return {
    asked,
    proxy: `http://user:p%40ss-word@127.0.0.1:${portOf(proxy)}`,
    registry: `http://127.0.0.1:${portOf(registry)}`,
    async [Symbol.asyncDispose]() {
      for (const server of [registry, proxy]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

it("a registry is asked through the step's proxy, with its login", async () => {
  await using net = await network();
  process.env.http_proxy = net.proxy;
  const { body } = await fetchSmall("http://registry.example:5000/v2/");
  expect(body.toString()).toBe("from the registry");
  expect(net.asked).toEqual(["registry.example:5000 user:p@ss-word"]);
});

it("what is on the loopback never is", async () => {
  await using net = await network();
  process.env.HTTP_PROXY = net.proxy;
  const { body } = await fetchSmall(`${net.registry}/v2/`);
  expect(body.toString()).toBe("from the registry");
  expect(net.asked).toEqual([]);
});

it.each(["registry.invalid", ".invalid", "other.example,registry.invalid:5000", "*"])(
  "what NO_PROXY names is not: %s",
  async (except) => {
    await using net = await network();
    process.env.HTTP_PROXY = net.proxy;
    process.env.NO_PROXY = except;
    await expect(fetchSmall("http://registry.invalid:5000/v2/")).rejects.toThrow(
      /cannot be reached/,
    );
    expect(net.asked).toEqual([]);
  },
);

it.each([
  [407, /^registry\.example:5000 cannot be reached: the proxy wants a user and a password/],
  [403, /^registry\.example:5000 cannot be reached: the proxy refuses to lead there \(403\)$/],
])("a proxy that answers %d is told of, and not asked again", async (status, message) => {
  const proxy = createServer();
  proxy.on("connect", (_, socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  process.env.http_proxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  try {
    await expect(fetchSmall("http://registry.example:5000/v2/")).rejects.toMatchObject({
      message: expect.stringMatching(message),
      transient: false,
    });
  } finally {
    proxy.close();
  }
});
