import { PassThrough, type Readable } from "node:stream";
import type { Docker } from "./cli.ts";
import { programOf } from "./program.ts";
import { keepTail } from "./tail.ts";
import { ContainerTrouble } from "./trouble.ts";
import { readRefusal, reasonIn, tookTooLong } from "./words.ts";

/** For a network to bring all that a task has written. No cancel ends it: it is how a run hands back what it has. */
const hour = 3_600_000;

/**
 * Reads an archive out of a container; undefined when there is no such path in it. A reader that has enough before
 * its end ends the copying, and its answer counts.
 *
 * @param source `container:path`
 * @param follow read what a link leads to
 * @throws ContainerTrouble when the archive did not come whole
 */
export async function copyOut<T>(
  cli: Docker,
  source: string,
  read: (archive: Readable) => Promise<T>,
  follow = false,
  limitMs = hour,
): Promise<T | undefined> {
  const archive = new PassThrough();
  const said = keepTail(4096);
  const copying = cli.start(["cp", ...(follow ? programOf(cli).follow : []), source, "-"], {
    stdout: archive,
    output: said.stream,
  });
  const ended = copying.done.finally(() => archive.end());
  let hasEnough = false;
  const endEarly = () => {
    archive.resume(); // what is still on its way would keep the process's streams open
    void copying.end(1_000); // or it would wait for ever to be read
  };
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    endEarly();
  }, limitMs);
  const reading = read(archive).then(
    (answer) => {
      hasEnough = !archive.readableEnded;
      if (hasEnough) {
        endEarly();
      }
      return answer;
    },
    (error: unknown) => {
      endEarly();
      throw error;
    },
  );
  const [result, copied] = await Promise.allSettled([reading, ended]);
  clearTimeout(limit);
  if (late && !hasEnough) {
    throw new ContainerTrouble(`the engine did not copy ${source}: ${tookTooLong(limitMs)}`);
  }
  if (copied.status === "rejected") {
    throw copied.reason;
  }
  if (result.status === "rejected" && copied.value.signal !== null) {
    throw result.reason;
  }
  if (copied.value.code !== 0 && !hasEnough) {
    if (readRefusal(said.text()).kind === "absent") {
      return undefined;
    }
    throw new ContainerTrouble(`the engine did not copy ${source}: ${reasonIn(said.text())}`);
  }
  if (result.status === "rejected") {
    throw result.reason;
  }
  return result.value;
}
