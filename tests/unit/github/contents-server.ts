/** A stand-in for GitHub's API where it hands out files of a repository, as `Octo-Org/Demo` has them. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export const commit = "1".repeat(40);

/** A text is a file; anything else is what GitHub answers for the path. */
export type Entry = string | Record<string, unknown>;

export interface ContentsServer {
  readonly url: string;
  /** Path and query of every request, in order. */
  readonly requests: string[];
  readonly tokens: Set<string>;
  /** What paths that match are answered with instead; `hang` is no answer. */
  fault: { path: RegExp; status: number | "hang" } | undefined;
}

/** Goes with the test that asks for it. */
export async function contentsOfTest(
  files: Record<string, Entry>,
  branch = "main",
): Promise<ContentsServer> {
  const requests: string[] = [];
  const tokens = new Set<string>();
  const repository = "/repos/Octo-Org/Demo";
  const server = createServer((request, response) => {
    const { pathname, search, searchParams } = new URL(request.url ?? "/", "http://api");
    requests.push(`${pathname}${search}`);
    tokens.add(String(request.headers.authorization));
    const answer = (status: number, value: unknown) => {
      response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
      response.end(JSON.stringify(value));
    };
    const { fault } = api;
    if (fault?.path.test(pathname)) {
      if (fault.status !== "hang") answer(fault.status, { message: "Bad things" });
      return;
    }
    const path = pathname.startsWith(`${repository}/contents/`)
      ? decodeURIComponent(pathname.slice(`${repository}/contents/`.length))
      : undefined;
    const entry = path === undefined ? undefined : files[path];
    if (pathname === repository) answer(200, { default_branch: branch });
    else if (decodeURIComponent(pathname) === `${repository}/git/ref/heads/${branch}`)
      answer(200, { ref: `refs/heads/${branch}`, object: { type: "commit", sha: commit } });
    else if (entry === undefined || searchParams.get("ref") !== commit)
      answer(404, { message: "Not Found" });
    else answer(200, typeof entry === "string" ? fileEntry(entry) : entry);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const api: ContentsServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    tokens,
    fault: undefined,
  };
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return api;
}

/** As GitHub answers: base64 in lines of 60. */
function fileEntry(text: string) {
  const content = Buffer.from(text).toString("base64").replace(/.{60}/g, "$&\n");
  return { type: "file", encoding: "base64", size: Buffer.byteLength(text), content };
}
