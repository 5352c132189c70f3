import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Fault, type RecordingProxy, startProxy } from "../../harness/proxy.ts";

const BODY = "0123456789".repeat(5_000);

describe("the recording proxy", () => {
  let server: Server;
  let proxy: RecordingProxy;
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let received = 0;
      for await (const chunk of request) received += (chunk as Buffer).length;
      response.setHeader("x-received", received);
      response.setHeader("x-host", request.headers.host ?? "");
      response.writeHead(request.url === "/missing" ? 404 : 200, { "content-length": BODY.length });
      response.end(request.method === "HEAD" ? undefined : BODY);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    proxy = await startProxy(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  beforeEach(() => {
    proxy.requests.length = 0;
    proxy.fault = undefined;
  });
  afterAll(async () => {
    await proxy.stop();
    server.close();
  });
  const get = (path: string, init?: RequestInit) => fetch(`http://${proxy.address}${path}`, init);
  const failing = (fault: Fault) => {
    proxy.fault = ({ path }) => (path === "/bad" ? fault : undefined);
  };

  it("passes requests and answers on and records them", async () => {
    const answer = await get("/a?b=c", {
      method: "PUT",
      body: BODY,
      headers: { "user-agent": "me" },
    });
    expect(await answer.text()).toBe(BODY);
    expect(answer.headers.get("x-received")).toBe(String(BODY.length));
    expect(answer.headers.get("x-host")).toBe(proxy.address);
    expect((await get("/missing", { method: "HEAD" })).status).toBe(404);
    expect(proxy.requests).toMatchObject([
      { method: "PUT", path: "/a?b=c", status: 200, userAgent: "me" },
      { method: "HEAD", path: "/missing", status: 404 },
    ]);
  });

  it("answers in the server's place", async () => {
    failing({ status: 429, headers: { "retry-after": "1" }, body: "slow down" });
    const answer = await get("/bad");
    expect([answer.status, await answer.text()]).toEqual([429, "slow down"]);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect((await get("/good")).status).toBe(200);
    expect(proxy.requests.map(({ status }) => status)).toEqual([429, 200]);
  });

  it("resets the connection", async () => {
    failing("reset");
    await expect(get("/bad")).rejects.toThrow();
    expect(proxy.requests).toMatchObject([{ path: "/bad", status: 0 }]);
  });

  it("does not answer", async () => {
    failing("hang");
    await expect(get("/bad", { signal: AbortSignal.timeout(200) })).rejects.toThrow(/timeout/);
  });

  it("cuts the answer off", async () => {
    failing({ truncateAfterBytes: 1_000 });
    const answer = await get("/bad");
    let received = 0;
    const read = async () => {
      for await (const chunk of answer.body ?? []) received += chunk.length;
    };
    await expect(read()).rejects.toThrow();
    expect(received).toBe(1_000);
  });

  it("corrupts the answer and keeps its length", async () => {
    failing({ corrupt: true });
    const bytes = Buffer.from(await (await get("/bad")).arrayBuffer());
    expect(bytes.length).toBe(BODY.length);
    expect(bytes.toString("latin1")).not.toBe(BODY);
  });

  it("slows the answer down", async () => {
    failing({ throttleBytesPerSecond: 100_000 });
    const start = Date.now();
    expect(await (await get("/bad")).text()).toBe(BODY);
    expect(Date.now() - start).toBeGreaterThan(450);
  });

  it("holds a request up until its fault is known", async () => {
    const { promise: known, resolve } = Promise.withResolvers<Fault>();
    proxy.fault = () => known;
    const asking = get("/bad");
    await expect.poll(() => proxy.requests).toMatchObject([{ path: "/bad", status: 0 }]);
    resolve({ status: 429 });
    expect((await asking).status).toBe(429);
  });

  it("says 502 when nothing is behind it", async () => {
    const dead = await startProxy("127.0.0.1:9");
    expect((await fetch(`http://${dead.address}/`)).status).toBe(502);
    await dead.stop();
  });
});
