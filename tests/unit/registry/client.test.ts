import { describe, expect, it } from "vitest";
import { ask, clientFor, digest, image, json, serve } from "./http.ts";

describe.concurrent("asking a registry", () => {
  it("gives a manifest with its digest, and asks for every kind there is", async () => {
    const { address, requests } = await serve((_, response) => response.end(json));
    const { answer } = await ask(address);
    expect(answer).toMatchObject({ digest, json: { config: "here" } });
    expect(requests[0]?.path).toBe("/v2/team/image/manifests/1");
    const { accept } = requests[0]?.headers ?? {};
    for (const kind of [
      "oci.image.index",
      "oci.image.manifest",
      "manifest.list",
      "distribution.manifest.v2",
    ]) {
      expect(accept).toContain(kind);
    }
  });

  it("checks what it asked for by digest", async () => {
    const { address } = await serve((_, response) => response.end(json));
    expect((await ask(address, { wanted: digest })).answer).toMatchObject({ digest });
    const wrong = await ask(address, { wanted: `sha256:${"0".repeat(64)}` });
    expect(wrong.trouble).toMatchObject({ kind: "invalid" });
    expect(await clientFor(20_000).config(image(address), digest)).toMatchObject({ digest });
    await expect(
      clientFor(20_000).config(image(address), `sha256:${"0".repeat(64)}`),
    ).rejects.toThrow(/asked for/);
  });

  it.each([
    [404, "absent"],
    [401, "denied"],
    [403, "denied"],
    [400, "invalid"],
  ])("takes %i for %s, and asks once only", async (status, kind) => {
    const { address, requests } = await serve((_, response) =>
      response.writeHead(status).end("{}"),
    );
    expect((await ask(address)).trouble).toMatchObject({ kind, transient: false });
    expect(requests).toHaveLength(1);
  });

  it("takes what is not JSON for invalid", async () => {
    const { address, requests } = await serve((_, response) => response.end("<html>"));
    expect((await ask(address)).trouble).toMatchObject({ kind: "invalid" });
    expect(requests).toHaveLength(1);
  });

  it("reads no more than 4 MiB", async () => {
    const { address, requests } = await serve((_, response) => {
      response.end(Buffer.alloc(5 * 1024 * 1024, 0x20));
    });
    const { trouble } = await ask(address);
    expect(trouble).toMatchObject({ kind: "invalid" });
    expect(trouble?.message).toMatch(/larger/);
    expect(requests).toHaveLength(1);
  });

  it.each([429, 503])(
    "says that it answered %i when there is no time for another answer",
    async (status) => {
      const { address } = await serve((_, response) => response.writeHead(status).end("{}"));
      const { trouble } = await ask(address, { budgetMs: 450 });
      expect(trouble).toMatchObject({ kind: "unreachable", status });
    },
  );
});
