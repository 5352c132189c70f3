import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { noSettings, type RunOptions, runGit } from "../../checkout/git-program.ts";

/** git in a repository of our own, which has objects and nothing else: no working tree, hooks, configuration or links. */
export interface OwnRepository {
  /** @throws GitTrouble */
  run(args: readonly string[], options?: RunOptions): Promise<void>;
}

/**
 * Makes a repository that reads a checkout's objects. They are data: what is beside them, the checkout's configuration
 * above all, is not looked at, and neither is the machine's.
 *
 * @param folder a new folder
 * @param objects the checkout's objects; they are only read
 * @param environment what is not git's own is handed on: PATH above all
 */
export async function ownRepository(
  folder: string,
  objects: string,
  idBytes: 20 | 32,
  environment: NodeJS.ProcessEnv,
): Promise<OwnRepository> {
  const format =
    idBytes === 32
      ? "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n"
      : "[core]\n\trepositoryformatversion = 0\n\tbare = true\n";
  await mkdir(join(folder, "objects", "info"), { recursive: true });
  await mkdir(join(folder, "refs"));
  await writeFile(join(folder, "HEAD"), "ref: refs/heads/none\n");
  await writeFile(join(folder, "config"), format);
  await writeFile(
    join(folder, "objects", "info", "alternates"),
    `${quoted(Buffer.from(objects))}\n`,
  );
  const env = {
    ...Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("GIT_"))),
    ...noSettings(folder),
    GIT_DIR: folder,
  };
  return { run: (args, options = {}) => runGit(args, { folder, env }, options) };
}

/** A path as git reads it in quotes, whatever its bytes are. */
export function quoted(path: Buffer): string {
  const text = [...path].map((byte) =>
    byte < 0x20 || byte >= 0x7f || byte === 0x22 || byte === 0x5c
      ? `\\${byte.toString(8).padStart(3, "0")}`
      : String.fromCharCode(byte),
  );
  return `"${text.join("")}"`;
}
