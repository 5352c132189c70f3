import { describe, expect, it } from "vitest";
import { fetchSmall, open } from "../../../src/registry/transport.ts";
import type { RegistryTrouble } from "../../../src/registry/trouble.ts";
import { ask, serve } from "./http.ts";

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

describe("a redirect", () => {
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
});

describe.concurrent("an answer that drips", () => {
  /** A byte now and then, for ever: `head` before the answer has begun, `body` in it. Answers when it was left. */
  async function dripping(part: "head" | "body") {
    let left = () => {};
    const wasLeft = new Promise<void>((resolve) => {
      left = resolve;
    });
    const server = await serve((request, response) => {
      const drip = setInterval(() => {
        if (part === "body") response.write(" ");
        else request.socket.write("x");
      }, 20);
      if (part === "body") response.writeHead(200);
      else request.socket.write("HTTP/1.1 200 OK\r\nx-slow: ");
      request.socket.once("close", () => {
        clearInterval(drip);
        left();
      });
    });
    return { ...server, wasLeft };
  }

  it.each(["head", "body"] as const)(
    "in its %s ends with the budget, and is left then",
    async (part) => {
      const { address, wasLeft } = await dripping(part);
      const began = performance.now();
      const { trouble } = await ask(address, { budgetMs: 300 });
      expect(trouble).toMatchObject({ kind: "unreachable" });
      await wasLeft;
      expect(performance.now() - began).toBeLessThan(5_000); // one attempt has 10 s
    },
  );

  it("in its head is no answer, however often it says something", async () => {
    const { address, wasLeft } = await dripping("head");
    await expect(open(`http://${address}/`, { idleMs: 200 })).rejects.toMatchObject({
      message: `${address} cannot be reached: no answer for 0.2 s`,
    });
    await wasLeft;
  });

  it("from a token service ends with the budget, too", async () => {
    const token = await dripping("body");
    const { address } = await serve((_, response) => {
      const challenge = `Bearer realm="http://${token.address}/token"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    });
    const began = performance.now();
    const { trouble } = await ask(address, { budgetMs: 1_000 });
    expect(trouble).toMatchObject({ kind: "unreachable" });
    await token.wasLeft;
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it("or is too large is not read to more than 4 MiB", async () => {
    const { address } = await serve((_, response) => response.end(Buffer.alloc(4_194_305)));
    expect((await ask(address)).trouble).toMatchObject({
      kind: "invalid",
      message: expect.stringMatching(/larger than 4194304 bytes/),
    });
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

  it("knows where there was no connection at all from one that broke off or hangs", async () => {
    const odd = await serve((request) => request.socket.destroy());
    const short = await serve((request, response) => {
      response.writeHead(200, { "content-length": "9" }).write("x", () => request.socket.destroy());
    });
    const silent = await serve(() => {});
    const how = (url: string) =>
      fetchSmall(url, { idleMs: 100 }).catch(({ noConnection }: RegistryTrouble) => noConnection);
    expect(await how("http://127.0.0.1:1/")).toBe(true);
    expect(await how(`https://${odd.address}/`)).toBe(true); // it speaks no TLS
    for (const { address } of [odd, short, silent]) {
      expect(await how(`http://${address}/`)).toBe(false);
    }
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
