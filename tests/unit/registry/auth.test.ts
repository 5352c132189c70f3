import { describe, expect, it } from "vitest";
import { startBudget } from "../../../src/registry/budget.ts";
import { registryClient } from "../../../src/registry/client.ts";
import { ask, clientFor, image, json, serve } from "./http.ts";

const me = { username: "me", password: "pässword:1" };
const basic = `Basic ${Buffer.from("me:pässword:1").toString("base64")}`;

describe("the bearer flow", () => {
  /** A registry with a token service; the service answers as it is told. */
  async function registry(
    token: (authorization: string | undefined, body: string) => object | number,
    challenge = (host: string): string | string[] =>
      `Bearer realm="http://${host}/token",service="reg"`,
  ) {
    const posted: string[] = [];
    const server = await serve((request, response) => {
      if (request.url?.startsWith("/token")) {
        let body = "";
        request.on("data", (chunk) => {
          body += chunk;
        });
        request.on("end", () => {
          if (body !== "") posted.push(body);
          const answer = token(request.headers.authorization, body);
          if (typeof answer === "number") response.writeHead(answer).end("{}");
          else response.end(JSON.stringify(answer));
        });
      } else if (request.headers.authorization === "Bearer good") {
        response.end(json);
      } else {
        const asked = challenge(request.headers.host ?? "");
        response.writeHead(401, { "www-authenticate": asked }).end("{}");
      }
    });
    return { ...server, posted };
  }

  it("gets a token without credentials for a public image", async () => {
    const { address, requests } = await registry(() => ({ token: "good" }));
    expect((await ask(address)).answer).toMatchObject({ json: { config: "here" } });
    const query = new URL(`http://x${requests[1]?.path}`).searchParams;
    expect(Object.fromEntries(query)).toEqual({
      service: "reg",
      scope: "repository:team/image:pull",
    });
    expect(requests[1]?.headers.authorization).toBeUndefined();
  });

  it("shows the credentials to the token service, and never to the registry itself", async () => {
    const { address, requests } = await registry((shown) =>
      shown === basic ? { access_token: "good" } : 401,
    );
    expect((await ask(address, { credentials: me })).trouble).toBeUndefined();
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      basic,
      "Bearer good",
    ]);
  });

  it("trades an identity token in the body of a POST", async () => {
    const { address, posted } = await registry(() => ({ access_token: "good" }));
    await ask(address, { credentials: { identityToken: "refresh" } });
    expect(Object.fromEntries(new URLSearchParams(posted[0]))).toMatchObject({
      grant_type: "refresh_token",
      refresh_token: "refresh",
      service: "reg",
    });
  });

  it("asks for a token once for all documents of a repository", async () => {
    const { address, requests } = await registry(() => ({ token: "good" }));
    const client = clientFor(20_000);
    await client.manifest(image(address), "1");
    await client.manifest(image(address), "2");
    expect(requests.filter(({ path }) => path.startsWith("/token"))).toHaveLength(1);
    expect(requests).toHaveLength(4);
  });

  it.each<[string, (host: string) => string | string[]]>([
    ["after another scheme", (host) => `Negotiate, Bearer realm="http://${host}/token"`],
    ["after Basic", (host) => `Basic realm="a, b", Bearer realm="http://${host}/token"`],
    ["on a line of its own", (host) => ['Basic realm="x"', `Bearer realm="http://${host}/token"`]],
  ])("is the one that is taken %s", async (_what, challenge) => {
    const { address, requests } = await registry(() => ({ token: "good" }), challenge);
    expect((await ask(address, { credentials: me })).trouble).toBeUndefined();
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      basic,
      "Bearer good",
    ]);
  });

  it("asks for another token when the one it has is over", async () => {
    let over = false;
    const { address, requests } = await serve((request, response) => {
      const good = over ? "Bearer 2" : "Bearer 1";
      if (request.url?.startsWith("/token")) response.end(`{"token":"${over ? 2 : 1}"}`);
      else if (request.headers.authorization === good) response.end(json);
      else {
        const challenge = `Bearer realm="http://${request.headers.host}/token"`;
        response.writeHead(401, { "www-authenticate": challenge }).end();
      }
    });
    const client = clientFor(20_000);
    await client.manifest(image(address), "1");
    over = true;
    await client.manifest(image(address), "2");
    await client.manifest(image(address), "3");
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      ...[undefined, undefined, "Bearer 1", "Bearer 1", undefined, "Bearer 2", "Bearer 2"],
    ]);
  });

  it("asks for the scope that the registry names, part by part", async () => {
    const { address, requests } = await registry(
      () => ({ token: "good" }),
      (host) =>
        `Bearer realm="http://${host}/token?a=b",scope="repository:x:pull repository:y:pull,push"`,
    );
    await ask(address);
    const query = new URL(`http://x${requests[1]?.path}`).searchParams;
    expect(query.getAll("scope")).toEqual(["repository:x:pull", "repository:y:pull,push"]);
    expect(query.get("a")).toBe("b");
  });

  it("takes a token for what it is, whichever of its two names it has", async () => {
    const { address } = await registry(() => ({ token: "", access_token: "good" }));
    expect((await ask(address)).trouble).toBeUndefined();
  });

  it("tries a token service again that may come back, and then says that it was that", async () => {
    let count = 0;
    const { address } = await registry(() => (++count === 1 ? 503 : { token: "good" }));
    expect((await ask(address)).trouble).toBeUndefined();
    const down = await registry(() => 503);
    const { trouble } = await ask(down.address, { budgetMs: 300 });
    expect(trouble).toMatchObject({ kind: "unreachable" });
  });

  it("gives up a token service that hangs when the time for all is over", async () => {
    const { address } = await serve((request, response) => {
      if (request.url?.startsWith("/token")) return;
      const challenge = `Bearer realm="http://${request.headers.host}/token"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    });
    const { trouble, ms } = await ask(address, { budgetMs: 200 });
    expect(trouble).toMatchObject({ kind: "unreachable" });
    expect(ms).toBeLessThan(5_000);
  });

  it.each([
    ["a refusal", 401],
    ["another refusal", 403],
    ["no such service", 404],
    ["what it does not do", 405],
    ["no token", {}],
    ["a token that is none of the registry's", { token: "bad" }],
  ])("ends as denied with %s", async (_what, answer) => {
    const { address } = await registry(() => answer);
    expect((await ask(address)).trouble).toMatchObject({ kind: "denied" });
  });
});

describe("the basic flow", () => {
  it.each(['Basic realm="r"', 'Negotiate, Basic realm="r"', 'Basic realm="r", Bearer service="s"'])(
    "shows credentials, where there are any: %s",
    async (challenge) => {
      const { address } = await serve((request, response) => {
        if (request.headers.authorization === basic) response.end(json);
        else response.writeHead(401, { "www-authenticate": challenge }).end();
      });
      expect((await ask(address, { credentials: me })).trouble).toBeUndefined();
      expect((await ask(address)).trouble).toMatchObject({ kind: "denied" });
    },
  );
});

describe("credentials", () => {
  /** Whether they are looked up for a challenge: only then can they go anywhere. */
  const areAskedFor = async (realm: string) => {
    const { address } = await serve((_, response) => {
      response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}"` }).end();
    });
    const asked: string[] = [];
    const credentials = async (registry: string, repository: string) => {
      asked.push(`${registry}/${repository}`);
      throw new Error("far enough");
    };
    const client = registryClient({ credentials, budget: startBudget(20_000) });
    const error = await client.manifest(image(address), "1").catch(({ message }) => message);
    expect(asked).toEqual(error === "far enough" ? [`${address}/team/image`] : []);
    return asked.length === 1;
  };

  it.each(["https://auth.example/token", "http://localhost:5000/t", "http://127.0.0.1/t"])(
    "may go to %s",
    async (realm) => expect(await areAskedFor(realm)).toBe(true),
  );

  // the host counts, not how the text begins
  it.each([
    "http://auth.example/token",
    "ftp://auth.example/",
    "token",
    "",
    "http://127.evil.example/token",
    "http://localhost.evil.example/token",
    "http://localhost@evil.example/token",
    "http://127.0.0.1@evil.example/token",
  ])("never go to %s", async (realm) => expect(await areAskedFor(realm)).toBe(false));

  it.each(["Basic realm=x", 'Bearer realm="https://auth.example/token"'])(
    "are not for who is asked after a redirect: %s",
    async (challenge) => {
      const elsewhere = await serve((_, response) => {
        response.writeHead(401, { "www-authenticate": challenge }).end();
      });
      const location = `http://${elsewhere.address}/v2/team/image/manifests/1`;
      const { address, requests } = await serve((_, response) =>
        response.writeHead(307, { location }).end(),
      );
      const { trouble } = await ask(address, { credentials: me });
      expect(trouble).toMatchObject({ kind: "denied" });
      expect(
        [...requests, ...elsewhere.requests].map(({ headers }) => headers.authorization),
      ).toEqual([undefined, undefined]);
    },
  );
});
