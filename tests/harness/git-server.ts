/** GitHub as git sees it: `git http-backend` behind a server on loopback, for the bare repositories of one folder. */
import { execFileSync, spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface GitServer {
  readonly url: string;
  /** `METHOD /path?query` of every request, in order. */
  readonly requests: string[];
  /** What came as `authorization`. */
  readonly logins: (string | undefined)[];
  /** Answers the requests from now on: a status, or never. */
  fault: number | "silence" | undefined;
  /** So many of them; all if not given. */
  faults: number;
}

export interface GitServerOptions {
  /** Asks for it as GitHub does; without one all may read. */
  readonly token?: string;
  /** Knows only the first protocol, in which the server decides what may be asked for. */
  readonly old?: boolean;
}

/** Starts one that goes with the test that asks for it. */
export async function gitServerOfTest(
  root: string,
  { token, old = false }: GitServerOptions = {},
  later: (stop: () => Promise<void>) => void = onTestFinished,
): Promise<GitServer> {
  const backend = `${execFileSync("git", ["--exec-path"], { encoding: "utf8" }).trim()}/git-http-backend`;
  const server = createServer((request, response) => {
    const { method = "", url = "/", headers } = request;
    known.requests.push(`${method} ${url}`);
    known.logins.push(headers.authorization);
    if (known.fault !== undefined && known.faults > 0) {
      known.faults -= 1;
      if (known.fault !== "silence") response.writeHead(known.fault).end();
      return;
    }
    const wanted = `basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
    if (token !== undefined && headers.authorization?.replace(/^basic/i, "basic") !== wanted) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="GitHub"' }).end();
      return;
    }
    answer(request, response);
  });
  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, search } = new URL(request.url ?? "/", "http://git");
    const { "git-protocol": protocol, "content-encoding": encoding } = request.headers;
    const child = spawn(backend, [], {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: "1",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        // GitHub has a repository with and without the ending
        PATH_INFO: pathname.replace(/^(\/[^/]+\/[^/]+?)(?:\.git)?\//, "$1.git/"),
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers["content-type"],
        REMOTE_ADDR: "127.0.0.1",
        ...(encoding === undefined ? {} : { HTTP_CONTENT_ENCODING: encoding }),
        ...(old || protocol === undefined ? {} : { GIT_PROTOCOL: String(protocol) }),
      },
      stdio: ["pipe", "pipe", "ignore"],
    });
    request.pipe(child.stdin.on("error", () => {}));
    response.on("close", () => child.kill());
    let head = Buffer.alloc(0);
    child.stdout.on("data", (chunk: Buffer) => {
      if (response.headersSent) return void response.write(chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      const lines = head.toString("latin1", 0, end).split("\r\n");
      const fields = lines.map((line) => /^([^:]+): *(.*)$/.exec(line)?.slice(1) ?? []);
      const status = fields.find(([name]) => name === "Status")?.[1] ?? "200";
      for (const [name = "", value = ""] of fields) response.setHeader(name, value);
      response.writeHead(Number.parseInt(status, 10));
      response.write(head.subarray(end + 4));
    });
    child.on("close", () => response.end());
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  later(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const known: GitServer = {
    url: `http://127.0.0.1:${port}`,
    requests: [],
    logins: [],
    fault: undefined,
    faults: Number.POSITIVE_INFINITY,
  };
  return known;
}
