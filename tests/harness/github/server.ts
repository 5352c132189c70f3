/** A stand-in for GitHub's REST API: a router on loopback. What it knows is in the files beside it, by subject. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Call {
  readonly method: string;
  readonly path: string;
  /** What the route's `:names` stand for, decoded; `*name` takes the rest of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The parsed JSON; undefined without a body. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Reply {
  /** 200 if not given. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object goes out as JSON, a text and bytes as they are. */
  readonly body?: unknown;
}

export type Handler = (call: Call) => Reply | Promise<Reply>;

/** By `GET /repos/:owner/:repo/pulls/:number`. */
export type Routes = Readonly<Record<string, Handler>>;

export interface GitHubServer {
  readonly url: string;
  /** Every request as it came, in order. */
  readonly calls: readonly Call[];
  /** `METHOD /path` of them. */
  readonly requests: string[];
  /** What came as `authorization`. */
  readonly tokens: Set<string>;
  /** Answers a route otherwise from now on: `faults.set("PATCH /repos/:owner/:repo/git/refs/*ref", { status: 422, … })`. */
  readonly faults: Map<string, Reply | Handler>;
  stop(): Promise<void>;
}

/** Starts one that goes with the test that asks for it. The first route that fits answers. */
export async function gitHubOfTest(...groups: readonly Routes[]): Promise<GitHubServer> {
  const server = await startGitHub(...groups);
  onTestFinished(server.stop);
  return server;
}

export async function startGitHub(...groups: readonly Routes[]): Promise<GitHubServer> {
  const routes = groups.flatMap((group) =>
    Object.entries(group).map(([route, handler]) => ({ route, handler, fits: matcher(route) })),
  );
  const calls: Call[] = [];
  const requests: string[] = [];
  const tokens = new Set<string>();
  const faults: GitHubServer["faults"] = new Map();
  const server = createServer(async (request, response) => {
    const { method = "", headers } = request;
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://api");
    let text = "";
    for await (const chunk of request) text += chunk;
    tokens.add(String(headers.authorization));
    requests.push(`${method} ${pathname}`);
    let reply: Reply = { status: 404, body: { message: "Not Found" } };
    for (const { route, handler, fits } of routes) {
      const params = fits(method, pathname);
      if (params === undefined) continue;
      const body = text === "" ? undefined : JSON.parse(text);
      const call = { method, path: pathname, params, query: searchParams, body, headers };
      calls.push(call);
      const fault = faults.get(route);
      try {
        reply = await (typeof fault === "function" ? fault(call) : (fault ?? handler(call)));
      } catch (error) {
        reply = { status: 500, body: { message: `the stand-in failed: ${String(error)}` } };
      }
      break;
    }
    const isJson = typeof reply.body !== "string" && !Buffer.isBuffer(reply.body);
    response.writeHead(reply.status ?? 200, {
      ...(isJson ? { "content-type": "application/json; charset=utf-8" } : {}),
      ...reply.headers,
    });
    response.end(isJson ? JSON.stringify(reply.body ?? null) : (reply.body as string | Buffer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    requests,
    tokens,
    faults,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function matcher(route: string) {
  const [verb, pattern = ""] = route.split(" ");
  const source = pattern
    .replace(/[.+]/g, "\\$&")
    .replace(/:(number|id)\b/g, "(?<$1>\\d+)") // or lists beside them would be one of them
    .replace(/:(\w+)/g, "(?<$1>[^/]+)")
    .replace(/\*(\w+)/g, "(?<$1>.+)");
  const expression = new RegExp(`^${source}$`);
  return (method: string, path: string): Record<string, string> | undefined => {
    const found = method === verb ? expression.exec(path) : null;
    if (found === null) return undefined;
    const named = Object.entries(found.groups ?? {});
    return Object.fromEntries(named.map(([name, text]) => [name, decodeURIComponent(text)]));
  };
}

/** One page of a list, as GitHub hands them out, with the `link` to the next. */
export function page(call: Call, url: string, all: readonly unknown[]): Reply {
  const number = Number(call.query.get("page") ?? 1);
  const size = Number(call.query.get("per_page") ?? 30);
  const next = new URLSearchParams(call.query);
  next.set("page", String(number + 1));
  const link: Record<string, string> =
    number * size < all.length ? { link: `<${url}${call.path}?${next}>; rel="next"` } : {};
  return { headers: link, body: all.slice((number - 1) * size, number * size) };
}
