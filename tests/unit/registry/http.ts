import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";
import { sha256 } from "../../../src/keys/hash.ts";
import { startBudget } from "../../../src/registry/budget.ts";
import { registryClient } from "../../../src/registry/client.ts";
import type { Credentials } from "../../../src/registry/credentials.ts";
import { RegistryTrouble } from "../../../src/registry/trouble.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing.splice(0)) close();
});

/** A server on loopback until the tests of the file are over; `count` is the number of the request, from 1. */
export async function serve(handler: Handler, host = "127.0.0.1") {
  const requests: {
    method: string;
    path: string;
    headers: IncomingMessage["headers"];
    at: number;
  }[] = [];
  const server = createServer((request, response) => {
    const { method = "", url: path = "", headers } = request;
    requests.push({ method, path, headers, at: performance.now() });
    handler(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, address: `${host}:${(server.address() as AddressInfo).port}` };
}

export const json = JSON.stringify({ config: "here" });
export const digest = `sha256:${sha256(json)}`;

export const image = (address: string) => ({
  registry: address,
  repository: "team/image",
  tag: undefined,
  digest: undefined,
});

export function clientFor(budgetMs: number, credentials?: Credentials) {
  return registryClient({ credentials: async () => credentials, budget: startBudget(budgetMs) });
}

/** Asks for a manifest; the trouble is the answer where there is one. */
export async function ask(
  address: string,
  {
    budgetMs = 20_000,
    credentials,
    wanted = "1",
  }: { budgetMs?: number; credentials?: Credentials; wanted?: string } = {},
) {
  const began = performance.now();
  const answer = await clientFor(budgetMs, credentials)
    .manifest(image(address), wanted)
    .catch((error: unknown) => error);
  const ms = performance.now() - began;
  const trouble = answer instanceof RegistryTrouble ? answer : undefined;
  if (answer instanceof Error && trouble === undefined) throw answer;
  return { answer, trouble, ms };
}
