import { lstatSync, readdirSync, realpathSync, type Stats } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";

/** A path in its bytes: a name that is no valid UTF-8 would not be found again as text. */
export type Path = Buffer;

const slash = Buffer.from("/");
/** Entries that are looked at in one go, which takes about 5 ms. */
const turn = 1_000;
/** The last is for a path that is longer than a program can name one at a time. */
const unreadable = new Set(["EACCES", "EPERM", "ENOENT", "ENOTDIR", "ENAMETOOLONG"]);

/**
 * Visits a folder and all that is below it, a folder before what is in it. Follows no link but the folder itself, and enters no
 * other file system. Nobody else may change the folder meanwhile: there is a moment between a look and what is done about it.
 *
 * @param visit answers where a folder is by now, if it has moved it
 * @param except a path below the folder that is passed over, with all that is below it
 * @returns the folders that could not be read, or in which something could not be looked at
 */
export async function walk(
  folder: string,
  visit: (path: Path, stats: Stats) => Path | undefined,
  except?: string,
): Promise<readonly Path[]> {
  const root = realpathSync(folder, { encoding: "buffer" });
  const { dev } = lstatSync(root);
  const folders: Path[] = [];
  const closed: Path[] = [];
  const passed =
    except === undefined ? undefined : Buffer.concat([root, slash, Buffer.from(except)]);
  const look = (path: Path) => {
    if (passed?.equals(path)) {
      return;
    }
    const stats = lstatSync(path);
    if (stats.dev === dev) {
      const now = visit(path, stats) ?? path;
      if (stats.isDirectory()) {
        folders.push(now);
      }
    }
  };
  look(root);
  let seen = 0;
  for (let path = folders.pop(); path !== undefined; path = folders.pop()) {
    const folder = path;
    const orClosed = <T>(read: () => T): T | undefined => {
      try {
        return read();
      } catch (error) {
        if (!unreadable.has((error as NodeJS.ErrnoException).code ?? "")) {
          throw error;
        }
        closed.push(folder);
        return undefined;
      }
    };
    for (const name of orClosed(() => readdirSync(folder, { encoding: "buffer" })) ?? []) {
      orClosed(() => look(Buffer.concat([folder, slash, name]))); // what is beside it still counts
      seen += 1;
      if (seen % turn === 0) {
        await nextTurn(); // so that a cancelled step is noticed
      }
    }
  }
  return closed;
}
