import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ask, json, serve } from "../../unit/registry/http.ts";

describe.concurrent("what may pass by itself", () => {
  it("is asked again: 5xx, then an answer", async () => {
    const { address, requests } = await serve((_, response, count) => {
      if (count === 1) response.writeHead(502).end();
      else response.end(json);
    });
    expect((await ask(address)).answer).toMatchObject({ json: { config: "here" } });
    expect(requests).toHaveLength(2);
  });

  it("is asked again when the connection is reset", async () => {
    const { address, requests } = await serve((request, response, count) => {
      if (count === 1) request.socket.resetAndDestroy();
      else response.end(json);
    });
    expect((await ask(address)).answer).toMatchObject({ json: { config: "here" } });
    expect(requests).toHaveLength(2);
  });

  it("is asked again after as long as a 429 says", async () => {
    const { address, requests } = await serve((_, response, count) => {
      if (count === 1) response.writeHead(429, { "retry-after": "1" }).end();
      else response.end(json);
    });
    expect((await ask(address)).answer).toMatchObject({ json: { config: "here" } });
    expect(requests).toHaveLength(2);
    expect((requests[1]?.at ?? 0) - (requests[0]?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it("is given up at once when a 429 asks for more time than there is", async () => {
    const { address, requests } = await serve((_, response) => {
      response.writeHead(429, { "retry-after": "3600" }).end();
    });
    // the test's own limit is far below the budget: it would end a wait
    const { trouble } = await ask(address, { budgetMs: 600_000 });
    expect(trouble).toMatchObject({ kind: "unreachable" });
    expect(requests).toHaveLength(1);
  });

  it.each([
    ["hangs", () => {}],
    ["drips", (response: { write(text: string): unknown }) => void response.write("{")],
  ])("a registry that %s is given up when the time for all is over", async (_what, act) => {
    const { address } = await serve((_request, response) => act(response));
    const { trouble, ms } = await ask(address, { budgetMs: 200 });
    expect(trouble).toMatchObject({ kind: "unreachable" });
    expect(ms).toBeGreaterThanOrEqual(190);
  });

  it("so is one that fails every time", async () => {
    const { address } = await serve((_, response) => response.writeHead(500).end());
    const { trouble } = await ask(address, { budgetMs: 300 });
    expect(trouble).toMatchObject({ kind: "unreachable" });
  });

  it("so is one that is not there", async () => {
    const { trouble } = await ask("127.0.0.1:1", { budgetMs: 300 });
    expect(trouble).toMatchObject({ kind: "unreachable" });
  });

  it("nothing is left of a budget that is used up", async () => {
    const { address } = await serve(
      (_, response) => void setTimeout(() => response.end(json), 100),
    );
    expect((await ask(address, { budgetMs: 0 })).trouble).toMatchObject({ kind: "unreachable" });
  });

  // an unref'd timer would let node end with code 13 in the middle of the wait
  it("keeps the process while it waits for a Retry-After", async () => {
    const { address } = await serve((_, response, count) => {
      if (count === 1) response.writeHead(429, { "retry-after": "1", connection: "close" }).end();
      else response.end(json);
    });
    const registry = join(import.meta.dirname, "../../../src/registry");
    const script = `
      import { registryClient } from ${JSON.stringify(join(registry, "client.ts"))};
      import { startBudget } from ${JSON.stringify(join(registry, "budget.ts"))};
      const client = registryClient({ credentials: async () => undefined, budget: startBudget(20_000) });
      const image = { registry: ${JSON.stringify(address)}, repository: "a" };
      console.log((await client.manifest(image, "1")).json.config);
    `;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script]);
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        said += chunk;
      });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect({ code, said }).toEqual({ code: 0, said: "here\n" });
  });
});
