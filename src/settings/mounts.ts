import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/** Who reaches one of these is root on the runner. */
const sockets = ["/var/run/docker.sock", "/run/containerd/containerd.sock"];

/**
 * The lines of `mounts` that would bring the engine's socket into the container: by its own path, by
 * a folder above it, or by a link to either.
 *
 * @param host the step's `DOCKER_HOST`, if any
 */
export async function mountsOfSocket(
  lines: readonly string[],
  host: string | undefined,
): Promise<readonly string[]> {
  if (lines.length === 0) {
    return [];
  }
  const own = /^unix:\/\/(\/.+)$/.exec(host ?? "")?.[1];
  const paths = own === undefined ? sockets : [...sockets, own];
  const forbidden = new Set((await Promise.all(paths.map(placesOf))).flat());
  const found: string[] = [];
  for (const line of lines) {
    for (const source of sourcesOf(line)) {
      if (forbidden.has(await realOf(source))) {
        found.push(line);
        break;
      }
    }
  }
  return found;
}

/** What the engine would take from this machine for a mount, in any spelling of `docker run --mount`. */
function sourcesOf(line: string): string[] {
  const fields = line.matchAll(/(?:^|[,"])\s*(?:source|src|volume-opt=device)\s*=([^,"]*)/gi);
  // relative paths count from here, for the CLI too; a volume's name is taken for one, and no harm done
  return [...fields].map(([, path = ""]) => resolve(path.trim()));
}

/** A path and all folders above it, as they are named and where their links lead. */
async function placesOf(path: string): Promise<string[]> {
  return [...andAbove(path), ...andAbove(await realOf(path))];
}

/** Where a path leads; of one that is not there yet, as far as it is. */
async function realOf(path: string): Promise<string> {
  const above = dirname(path);
  return realpath(path).catch(async () =>
    above === path ? path : join(await realOf(above), basename(path)),
  );
}

function andAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...andAbove(above)];
}
