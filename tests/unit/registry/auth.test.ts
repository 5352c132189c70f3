import type { HttpClient } from "@actions/http-client";
import { describe, expect, it } from "vitest";
import { authorize, parseChallenge } from "../../../src/registry/auth.ts";
import { ask, clientFor, image, json, serve } from "./http.ts";

const me = { username: "me", password: "pässword:1" };
const basic = `Basic ${Buffer.from("me:pässword:1").toString("base64")}`;

describe("what a 401 asks for", () => {
  it.each([
    ['Bearer realm="https://a/t",service="s",scope="x"', "bearer", "https://a/t", "s"],
    ['bearer service="s", realm="https://a/t"', "bearer", "https://a/t", "s"],
    ['Basic realm="r"', "basic", "r", undefined],
  ])("%s", (header, scheme, realm, service) => {
    expect(parseChallenge(header)).toEqual({ scheme, realm, service });
  });
  it.each([undefined, "", "Digest realm=x", "Negotiate"])("%s is not spoken", (header) => {
    expect(parseChallenge(header)).toBeUndefined();
  });
});

describe("the bearer flow", () => {
  /** A registry with a token service; the service answers as it is told. */
  async function registry(
    token: (authorization: string | undefined, body: string) => object | number,
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
        const challenge = `Bearer realm="http://${request.headers.host}/token",service="reg"`;
        response.writeHead(401, { "www-authenticate": challenge }).end("{}");
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

  it.each([
    ["a refusal", 401],
    ["no token", {}],
    ["a token that is none of the registry's", { token: "bad" }],
  ])("ends as denied with %s", async (_what, answer) => {
    const { address } = await registry(() => answer);
    expect((await ask(address)).trouble).toMatchObject({ kind: "denied" });
  });
});

describe("the basic flow", () => {
  it("shows credentials, where there are any", async () => {
    const handler = await serve((request, response) => {
      if (request.headers.authorization === basic) response.end(json);
      else response.writeHead(401, { "www-authenticate": 'Basic realm="r"' }).end();
    });
    expect((await ask(handler.address, { credentials: me })).trouble).toBeUndefined();
    expect((await ask(handler.address)).trouble).toMatchObject({ kind: "denied" });
  });
});

describe("credentials", () => {
  const sentTo = async (realm: string) => {
    const asked: string[] = [];
    const http = {
      get: async (url: string) => {
        asked.push(url);
        return { message: { statusCode: 200 }, readBody: async () => '{"token":"t"}' };
      },
    } as unknown as HttpClient;
    await authorize(http, { scheme: "bearer", realm, service: "s" }, "a", me);
    return asked.length;
  };

  it.each(["https://auth.example/token", "http://localhost:5000/t", "http://127.0.0.1/t"])(
    "go to %s",
    async (realm) => expect(await sentTo(realm)).toBe(1),
  );

  it.each(["http://auth.example/token", "ftp://auth.example/", "token", ""])(
    "do not go to %s",
    async (realm) => expect(await sentTo(realm)).toBe(0),
  );

  // the host counts, not how the text begins
  it.each([
    "http://127.evil.example/token",
    "http://localhost.evil.example/token",
    "http://localhost@evil.example/token",
    "http://127.0.0.1@evil.example/token",
  ])("do not go to %s, which only looks like this machine", async (realm) => {
    expect(await sentTo(realm)).toBe(0);
  });
});
