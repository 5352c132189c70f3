import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { startBudget } from "../../../src/registry/budget.ts";
import { registryClient } from "../../../src/registry/client.ts";
import { clientFor, digest, image, json, serve } from "./http.ts";

const me = { username: "me", password: "secret" };

describe.concurrent("a layer", () => {
  it("comes from where the registry keeps it, without the login", async () => {
    const elsewhere = await serve((_, response) => response.end("layer"), "127.0.0.2");
    const { address, requests } = await serve((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="r"' }).end();
      } else {
        response.writeHead(307, { location: `http://${elsewhere.address}/blob` }).end();
      }
    });
    expect(await text(await clientFor(20_000, me).blob(image(address), digest))).toBe("layer");
    expect(requests.map(({ path }) => path)).toEqual(
      Array(2).fill(`/v2/team/image/blobs/${digest}`),
    );
    expect(elsewhere.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it("comes in part, where a part is asked for", async () => {
    const { address, requests } = await serve((_, response) => response.writeHead(206).end("ay"));
    const range = { start: 1, end: 2 };
    expect(await text(await clientFor(20_000).blob(image(address), digest, range))).toBe("ay");
    expect(requests[0]?.headers.range).toBe("bytes=1-2");
  });

  it.each([
    [404, "absent"],
    [403, "denied"],
    [503, "unreachable"],
    [206, "invalid"],
  ])("that is answered with %i is %s, and asked for once", async (status, kind) => {
    const { address, requests } = await serve((_, response) =>
      response.writeHead(status).end("no"),
    );
    await expect(clientFor(20_000).blob(image(address), digest)).rejects.toMatchObject({
      kind,
      message: `${address} answered ${status} for a layer of the base image`,
    });
    expect(requests).toHaveLength(1);
  });

  it("whose registry is not there is unreachable", async () => {
    await expect(clientFor(300).blob(image("127.0.0.1:1"), digest)).rejects.toMatchObject({
      kind: "unreachable",
      message: expect.stringMatching(/^127\.0\.0\.1:1 cannot be reached/),
    });
  });

  it("is asked for with the login that a document got", async () => {
    const { address, requests } = await serve((request, response) => {
      const { url, headers } = request;
      if (url?.startsWith("/token")) response.end('{"token":"good"}');
      else if (headers.authorization === "Bearer good") response.end(json);
      else {
        const challenge = `Bearer realm="http://${headers.host}/token"`;
        response.writeHead(401, { "www-authenticate": challenge }).end();
      }
    });
    const client = clientFor(20_000);
    await client.manifest(image(address), "1");
    expect(await text(await client.blob(image(address), digest))).toBe(json);
    expect(requests).toHaveLength(4);
  });

  it("waits for a token no longer than there is time for registries, and spends it", async () => {
    const { address } = await serve((request, response) => {
      if (request.url?.startsWith("/token")) return;
      const challenge = `Bearer realm="http://${request.headers.host}/token"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    });
    const budget = startBudget(200);
    const client = registryClient({ credentials: async () => undefined, budget });
    await expect(client.blob(image(address), digest)).rejects.toMatchObject({
      kind: "unreachable",
      message: `${address} did not answer in the time there was for registries`,
    });
    expect(budget.left()).toBe(0);
  });
});
