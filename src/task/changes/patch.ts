import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { GitTrouble } from "../../checkout/git-program.ts";
import { isLfsPointer, readBytes, withoutCr } from "./content.ts";
import type { IndexFile } from "./index-file.ts";
import { type OwnRepository, quoted } from "./own-repository.ts";
import { fullPath, readable } from "./paths.ts";
import type { Difference } from "./snapshot.ts";

/** A larger patch is for no `git apply`. */
export const mostPatch = 500 * 1024 * 1024;
/** A file above this size is not in the patch. */
export const mostInPatch = 50 * 1024 * 1024;

export interface PatchOptions {
  readonly repository: OwnRepository;
  /** The commit that is checked out: what the patch is made against. */
  readonly commit: string;
  readonly root: string;
  readonly index: IndexFile;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes what is different as a patch that `git apply` takes on the commit, whatever an earlier step had changed in the
 * same files.
 *
 * @returns whether there is anything in it
 * @throws GitTrouble
 */
export async function writePatch(
  differences: readonly Difference[],
  file: string,
  options: PatchOptions,
): Promise<boolean> {
  const { repository, commit, signal } = options;
  const inCrlf = await checkedOutInCrlf(differences, options);
  const input = importOf(differences, inCrlf, options);
  await repository.run(["fast-import", "--quiet", "--done"], { input, signal });
  const output = createWriteStream(file);
  let written = 0;
  const format = ["--no-color", "--no-ext-diff", "--no-textconv", "--no-renames"];
  const argv = ["diff-tree", "-p", "--binary", "--full-index", ...format, commit, taskBranch];
  try {
    await repository.run(argv, {
      signal,
      take: async (chunk) => {
        written += chunk.length;
        if (written > mostPatch) {
          throw new GitTrouble(`the patch would be larger than ${mostPatch / 1024 / 1024} MiB`);
        }
        await new Promise<void>((resolve, reject) =>
          output.write(chunk, (error) => (error ? reject(error) : resolve())),
        );
      },
    });
    output.end();
    await finished(output);
  } catch (error) {
    output.destroy();
    await rm(file, { force: true });
    throw error;
  }
  if (written === 0) {
    await rm(file, { force: true });
  }
  return written > 0;
}

/** Where the commit is that a patch is made of. */
export const taskBranch = "refs/heads/task";

/** The stream that `git fast-import` makes a commit of: what is in the workspace now on top of the one checked out. */
function* importOf(
  differences: readonly Difference[],
  inCrlf: ReadonlySet<string>,
  { commit, root }: PatchOptions,
): Generator<Buffer> {
  yield Buffer.from(
    `commit ${taskBranch}\ncommitter task <task@localhost> 0 +0000\ndata 0\nfrom ${commit}\n`,
  );
  // what is gone first: a file may be where a folder was, and the other way round
  for (const { path } of differences.filter(({ after }) => after === undefined)) {
    yield Buffer.from(`D ${quoted(Buffer.from(path, "latin1"))}\n`);
  }
  for (const { path, after } of differences) {
    const bytes =
      after?.kind === "link"
        ? Buffer.from(after.target ?? "", "latin1")
        : after?.kind === "file"
          ? readBytes(fullPath(root, path), mostInPatch)
          : undefined;
    if (after === undefined) {
      continue;
    }
    if (bytes === undefined) {
      throw new GitTrouble(`${readable(path)} cannot be read`);
    }
    const mode = after.kind === "link" ? "120000" : after.executable ? "100755" : "100644";
    const content = inCrlf.has(path) && after.kind === "file" ? withoutCr(bytes) : bytes;
    yield Buffer.from(
      `M ${mode} inline ${quoted(Buffer.from(path, "latin1"))}\ndata ${content.length}\n`,
    );
    yield content;
    yield Buffer.from("\n");
  }
  yield Buffer.from("done\n");
}

/**
 * The changed files that were checked out with CRLF line ends while git has them with LF: `git apply` looks at them as
 * git has them. The sizes tell it, so no attribute of the tree has to be read.
 */
async function checkedOutInCrlf(
  differences: readonly Difference[],
  { repository, index, signal }: PatchOptions,
): Promise<ReadonlySet<string>> {
  const candidates = differences.flatMap(({ path, before, after }) => {
    const { id, size = 0 } = index.entries.get(path) ?? {};
    const isFile = before?.kind === "file" && after?.kind === "file";
    return isFile && id !== undefined && size > 0 && size <= mostInPatch
      ? [{ path, id, size }]
      : [];
  });
  if (candidates.length === 0) {
    return new Set();
  }
  const ids = candidates.map(({ id }) => Buffer.from(`${id}\n`));
  const sizes = await answerOf(repository, ["cat-file", "--batch-check"], ids, signal);
  const lines = sizes.toString("latin1").split("\n");
  const sizeIn = (line: string | undefined) => Number(line?.split(" ")[2]);
  const other = candidates.filter(({ size }, at) => {
    const inGit = sizeIn(lines[at]);
    return inGit < size && inGit * 2 >= size; // each line has grown by one byte
  });
  const found = new Set<string>();
  for (const { path, id, size } of other) {
    const blob = await answerOf(repository, ["cat-file", "blob", id], [], signal);
    if (!isLfsPointer(blob) && blob.length + bareLineEnds(blob) === size) {
      found.add(path);
    }
  }
  return found;
}

function bareLineEnds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    count += at === 0 || bytes[at - 1] !== 13 ? 1 : 0;
  }
  return count;
}

async function answerOf(
  repository: OwnRepository,
  args: readonly string[],
  input: readonly Buffer[],
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await repository.run(args, {
    input,
    take: (chunk) => void chunks.push(chunk),
    signal,
  });
  return Buffer.concat(chunks);
}
