/** A stand-in for GitHub's API where it hands out files of a repository, as `Octo-Org/Demo` has them. */
import { createHash } from "node:crypto";
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
  /** It has more than is listed at once. */
  cut: boolean;
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
    const [, kind, id = ""] = /\/git\/(trees|blobs)\/([0-9a-f]{40})$/.exec(pathname) ?? [];
    if (kind === "trees") {
      const tree = treeEntries(files, id);
      const recursive = searchParams.get("recursive") !== null;
      const cut = api.cut && recursive && id === commit;
      answer(200, {
        ...{ sha: id, url: pathname, truncated: cut },
        tree: (cut ? [] : tree).filter(({ path }) => recursive || !path.includes("/")),
      });
    } else if (kind === "blobs") {
      const text = Object.values(files)
        .map(textOf)
        .find((text) => nameOf("blob", text) === id);
      if (text === undefined) answer(404, { message: "Not Found" });
      else answer(200, { ...fileEntry(text), type: undefined, sha: id });
    } else if (pathname === repository) answer(200, { default_branch: branch });
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
    cut: false,
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

function textOf(entry: Entry): string {
  return typeof entry === "string" ? entry : String(entry.target ?? "");
}

/** As git names a blob; for a folder any name does. */
function nameOf(kind: string, text: string): string {
  return createHash("sha1")
    .update(`${kind} ${Buffer.byteLength(text)}\0${text}`)
    .digest("hex");
}

/** What the list of the commit has, or of a folder at its top. */
function treeEntries(files: Record<string, Entry>, of: string) {
  const folders = Object.keys(files).flatMap((path) =>
    path
      .split("/")
      .slice(0, -1)
      .map((_, at, steps) => steps.slice(0, at + 1).join("/")),
  );
  const all = [
    ...[...new Set(folders)].map((path) => ({
      ...{ path, mode: "040000", type: "tree", sha: nameOf("tree", path) },
    })),
    ...Object.entries(files).map(([path, entry]) => ({
      ...{ path, mode: typeof entry === "string" ? "100644" : "120000", type: "blob" },
      ...{ sha: nameOf("blob", textOf(entry)), size: Buffer.byteLength(textOf(entry)) },
    })),
  ];
  const top = all.find(({ type, sha }) => type === "tree" && sha === of)?.path;
  return top === undefined
    ? all
    : all.flatMap(({ path, ...rest }) =>
        path.startsWith(`${top}/`) ? [{ ...rest, path: path.slice(top.length + 1) }] : [],
      );
}
