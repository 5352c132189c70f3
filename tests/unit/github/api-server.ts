/** A stand-in for GitHub's API: comments of one repository, in pages as GitHub has them. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Comment {
  id: number;
  body: string;
  user: { login: string; type: "Bot" | "User" };
}

export interface ApiServer {
  readonly url: string;
  /** By issue number. */
  readonly comments: Map<number, Comment[]>;
  /** `METHOD /path`, in order, without those that only ask who the token is. */
  readonly requests: string[];
  /** The tokens that came, as they came. */
  readonly tokens: Set<string>;
  /** Built-in role of a user, or the whole answer; others are unknown. */
  readonly roles: Map<string, string | Record<string, unknown>>;
  /** What is said of a user instead, byte for byte. */
  readonly raw: Map<string, { status: number; headers: Record<string, string>; body: string }>;
  /** What every request is answered with while it is set. */
  fault: number | undefined;
  /** What the next requests are answered with, one each. */
  readonly passingFaults: number[];
  stop(): Promise<void>;
}

export interface ApiOptions {
  /** Who the token belongs to; an app's token, as the job's own, belongs to nobody. */
  self?: string;
  pageSize?: number;
}

/** A server that goes with the test that asks for it. */
export async function apiOfTest(): Promise<ApiServer> {
  const server = await startApi();
  onTestFinished(server.stop);
  return server;
}

export async function startApi({ self, pageSize = 100 }: ApiOptions = {}): Promise<ApiServer> {
  const comments = new Map<number, Comment[]>();
  const requests: string[] = [];
  const tokens = new Set<string>();
  const roles: ApiServer["roles"] = new Map();
  const raw: ApiServer["raw"] = new Map();
  const passingFaults: number[] = [];
  let next = 1000;
  const author = { login: self ?? "github-actions[bot]", type: self ? "User" : "Bot" } as const;
  const server = createServer(async (request, response) => {
    const { method = "", headers } = request;
    const address = new URL(request.url ?? "/", "http://api");
    const body = await bodyOf(request);
    tokens.add(String(headers.authorization));
    const answer = (status: number, value: unknown, link?: string) => {
      response.writeHead(status, {
        "content-type": "application/json; charset=utf-8",
        ...(link ? { link } : {}),
      });
      response.end(JSON.stringify(value));
    };
    if (api.fault !== undefined) return answer(api.fault, { message: "Bad things" });
    if (address.pathname === "/user") {
      if (self) answer(200, { login: self });
      else answer(403, { message: "Resource not accessible by integration" });
      return;
    }
    requests.push(`${method} ${address.pathname}`);
    const passing = passingFaults.shift();
    if (passing !== undefined) return answer(passing, { message: "Bad things" });
    const [, issue] = /\/issues\/(\d+)\/comments$/.exec(address.pathname) ?? [];
    const [, id] = /\/issues\/comments\/(\d+)$/.exec(address.pathname) ?? [];
    const [, user] = /\/collaborators\/([^/]+)\/permission$/.exec(address.pathname) ?? [];
    const all = comments.get(Number(issue)) ?? [];
    if (issue && method === "GET") {
      const page = Number(address.searchParams.get("page") ?? 1);
      const size = Math.min(pageSize, Number(address.searchParams.get("per_page") ?? 30));
      address.searchParams.set("page", String(page + 1));
      const more = page * size < all.length;
      const link = more
        ? `<${api.url}${address.pathname}${address.search}>; rel="next"`
        : undefined;
      answer(200, all.slice((page - 1) * size, page * size), link);
    } else if (issue && method === "POST") {
      const created = { id: next++, body: body.body, user: author };
      comments.set(Number(issue), [...all, created]);
      answer(201, created);
    } else if (id && method === "PATCH") {
      const found = [...comments.values()].flat().find((comment) => comment.id === Number(id));
      if (found) found.body = body.body;
      answer(found ? 200 : 404, found ?? { message: "Not Found" });
    } else if (user && method === "GET") {
      const login = decodeURIComponent(user);
      const exact = raw.get(login);
      const role = roles.get(login);
      if (exact) response.writeHead(exact.status, exact.headers).end(exact.body);
      else if (role === undefined) answer(404, { message: `${login} is not a user` });
      else answer(200, { user: { login, type: "User" }, ...wordsOf(role) });
    } else answer(404, { message: "Not Found" });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const api: ApiServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    comments,
    requests,
    tokens,
    roles,
    raw,
    passingFaults,
    fault: undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return api;
}

/** The older field knows only these, and says the next lower one. */
const legacy: Record<string, string> = { triage: "read", maintain: "write" };

function wordsOf(role: string | Record<string, unknown>): Record<string, unknown> {
  return typeof role === "string" ? { permission: legacy[role] ?? role, role_name: role } : role;
}

async function bodyOf(request: IncomingMessage): Promise<{ body: string }> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text === "" ? { body: "" } : (JSON.parse(text) as { body: string });
}
