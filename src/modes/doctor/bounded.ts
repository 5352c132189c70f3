import { Writable } from "node:stream";
import type { Docker } from "../../engine/cli.ts";

/** Nothing that is asked here has anything to save, and this process may end before any time is over. */
const graceMs = 0;

/**
 * The same CLI, each short command of which ends when a signal fires: then what is said here is its answer.
 *
 * @param late what a command says that has no time left
 */
export function boundedBy(cli: Docker, over: AbortSignal, late: string): Docker {
  const expired = { code: 124, stdout: "", stderr: late };
  return {
    ...cli,
    async ask(...args) {
      if (over.aborted) {
        return expired;
      }
      const stdout = text();
      const stderr = text();
      const running = cli.start(args, { stdout: stdout.stream, output: stderr.stream });
      const { promise, resolve } = Promise.withResolvers<void>();
      const end = () => {
        running.end(graceMs).catch(() => {});
        resolve();
      };
      over.addEventListener("abort", end, { once: true });
      try {
        // a program that hangs in the system itself does not even end
        const ended = await Promise.race([running.done, promise]);
        return ended === undefined || over.aborted
          ? expired
          : { code: ended.code ?? 128, stdout: stdout.all(), stderr: stderr.all() };
      } finally {
        over.removeEventListener("abort", end);
      }
    },
  };
}

function text() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, all: () => Buffer.concat(chunks).toString("utf8").trimEnd() };
}
