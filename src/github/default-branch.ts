import { z } from "zod";
import { type CommitTree, readTree } from "./commit-tree.ts";
import { octokitFor } from "./octokit.ts";

/** Files of the repository's default branch, all of one commit. */
export interface DefaultBranch {
  /**
   * @param path relative to the repository, normalized
   * @throws Unreadable
   */
  read(path: string): Promise<Buffer>;
}

export interface WholeDefaultBranch extends DefaultBranch {
  /**
   * All paths of the commit.
   *
   * @param wants whether a folder at the top is of interest, where GitHub cannot list all of them at once
   * @throws Unreadable, whose message here is a reason that stands alone
   */
  tree(wants: (folder: string) => boolean): Promise<CommitTree>;
}

/** The file cannot be had from the default branch. The message goes on from its name, and says what to do. */
export class Unreadable extends Error {}

/** Where the API is, and for whom. */
export interface ApiAccess {
  /** `owner/name`; undefined where the step does not say. */
  readonly repository: string | undefined;
  readonly token: string | undefined;
  /** The runner's `GITHUB_API_URL`. */
  readonly apiUrl: string;
  /** Ends every request. */
  readonly signal: AbortSignal;
}

/** What the API hands out as a text; a script is far smaller. */
const maxBytes = 1024 * 1024;

const repositorySchema = z.object({ default_branch: z.string().min(1) });
const refSchema = z.object({ object: z.object({ sha: z.string().regex(/^[0-9a-f]{40,64}$/) }) });
const entrySchema = z.object({ type: z.string(), size: z.number().optional() });
const fileSchema = z.object({
  type: z.literal("file"),
  size: z.number(),
  encoding: z.literal("base64"),
  content: z.string(),
});

interface Commit {
  readonly branch: string;
  readonly sha: string;
}

type Get = (path: string, query?: string) => Promise<unknown>;

/** Reads through GitHub's API, once a file. Nothing is asked before the first file. */
export function defaultBranchOf(access: ApiAccess): WholeDefaultBranch {
  let commit: Promise<Commit> | undefined;
  const files = new Map<string, Promise<Buffer>>();
  const open = once(() => client(access));
  const atHead = async () => {
    const get = await open();
    commit ??= headOf(get);
    return { get, commit: await commit };
  };
  const read = async (path: string) => {
    const { get, commit } = await atHead().catch((error) => {
      throw cannot(whyOf(error));
    });
    return readAt(get, path, commit);
  };
  return {
    read(path) {
      const reading = files.get(path) ?? read(path);
      files.set(path, reading);
      return reading;
    },
    async tree(wants) {
      try {
        const { get, commit } = await atHead();
        return await readTree(get, commit, wants);
      } catch (error) {
        throw new Unreadable(`${whyOf(error)}; give the job \`contents: read\``);
      }
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function client({ repository, token, apiUrl, signal }: ApiAccess): Promise<Get> {
  if (token === undefined || repository === undefined) {
    const missing =
      token === undefined ? "there is no `github-token`" : "`GITHUB_REPOSITORY` is not set";
    throw new NoAnswer(missing);
  }
  const octokit = await octokitFor(token, apiUrl, signal);
  const base = `GET /repos/${repository.split("/").map(encodeURIComponent).join("/")}`;
  return async (path, query = "") => {
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    // an object for a folder, too: a list of what is in it could be long
    const kind = path.startsWith("/contents/") ? "github.object+json" : "github+json";
    const headers = { accept: `application/vnd.${kind}` };
    try {
      return (await octokit.request(`${base}${encoded}${query}`, { headers })).data;
    } catch (error) {
      throw noAnswer(error as ApiError, signal);
    }
  };
}

/** What the package throws; without an answer its status is made up. */
type ApiError = Error & { status?: number; response?: unknown };

class NoAnswer extends Error {
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

function noAnswer({ message, status, response }: ApiError, { aborted, reason }: AbortSignal) {
  const [line] = message.split("\n");
  if (response !== undefined) {
    return new NoAnswer(`GitHub's API answered ${status} (${line})`, status);
  }
  if (aborted) {
    const timedOut = (reason as Error).name === "TimeoutError";
    return new NoAnswer(
      timedOut ? "GitHub's API did not answer in time" : "the step was cancelled",
    );
  }
  return new NoAnswer(`GitHub's API could not be reached (${line})`);
}

/**
 * The default branch's newest commit, asked for as a branch: a tag of the same name is none. From then on nobody's push
 * mixes two states.
 */
async function headOf(get: Get): Promise<Commit> {
  const { default_branch: branch } = repositorySchema.parse(await get(""));
  const { object } = refSchema.parse(await get(`/git/ref/heads/${branch}`));
  return { branch, sha: object.sha };
}

async function readAt(get: Get, path: string, { branch, sha }: Commit): Promise<Buffer> {
  const at = `the default branch (${branch}, ${sha.slice(0, 7)})`;
  let entry: unknown;
  try {
    entry = await get(`/contents/${path}`, `?ref=${sha}`);
  } catch (error) {
    if (error instanceof NoAnswer && error.status === 404) {
      throw new Unreadable(
        `does not exist on ${at}, where this event's configuration is read. What an earlier step has made is named by an absolute path outside of the workspace; where the code in the workspace can be trusted, \`config-from: checkout\` in the workflow reads it there`,
      );
    }
    throw cannot(whyOf(error));
  }
  const { data: found } = entrySchema.safeParse(entry);
  if (found === undefined) {
    throw cannot("GitHub's answer is not understood");
  }
  if (found.type !== "file") {
    const what = found.type === "dir" ? "directory" : found.type;
    throw new Unreadable(`is a ${what} on ${at}; a file is expected`);
  }
  if ((found.size ?? 0) > maxBytes) {
    throw new Unreadable(`has ${found.size} bytes on ${at}; at most ${maxBytes} are read there`);
  }
  const { data: file } = fileSchema.safeParse(entry);
  const bytes = Buffer.from(file?.content ?? "", "base64");
  // base64 is read leniently: half an answer must not be half a script
  if (file === undefined || bytes.length !== file.size) {
    throw cannot("GitHub's answer is not whole");
  }
  return bytes;
}

function cannot(why: string): Unreadable {
  return new Unreadable(
    `cannot be read from the repository's default branch: ${why}. Give the job \`contents: read\`; or, where the code in the workspace can be trusted, set \`config-from: checkout\` in the workflow`,
  );
}

/** @throws what is a bug */
function whyOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    return "GitHub's answer is not understood";
  }
  if (error instanceof NoAnswer) {
    return error.message;
  }
  throw error;
}
