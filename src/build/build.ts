import type { Writable } from "node:stream";
import type { Docker } from "../docker.ts";
import { runWithin } from "../docker-limits.ts";
import { lastLine } from "../report/text.ts";
import { buildArgv } from "./argv.ts";
import { writeContext } from "./context.ts";
import type { Layer } from "./layers.ts";

/** The layer could not be built; the message says why, the tail has the build's last lines. */
export class BuildFailed extends Error {
  readonly tail: string;

  constructor(message: string, tail: string) {
    super(message);
    this.tail = tail;
  }
}

export interface Builder {
  /**
   * Builds one layer on an image that is there, and leaves it in the engine under its reference.
   *
   * @throws BuildFailed
   */
  build(layer: Layer, parentReference: string, output: Writable): Promise<void>;
}

export interface BuilderOptions {
  readonly docker: Docker;
  readonly builder: string | undefined;
  readonly platform: string | undefined;
  readonly limitMs: number;
  /** Where build contexts are written. */
  readonly temp: string;
  readonly cacheVersion: string | undefined;
  readonly secrets: readonly { readonly id: string; readonly variable: string }[];
  readonly noCache: boolean;
  /** Ends a build that is under way: the step was cancelled. */
  readonly signal: AbortSignal;
}

export function buildxBuilder(options: BuilderOptions): Builder {
  return {
    async build(layer, parentReference, output) {
      const context = await writeContext(
        options.temp,
        layer,
        parentReference,
        options.cacheVersion,
      );
      try {
        const argv = buildArgv(layer, {
          ...options,
          context: context.folder,

          builder: options.builder ?? "default",
        });
        const { limitMs, signal } = options;
        const ended = await runWithin(options.docker, argv, { limitMs, output, signal });
        if (ended.timedOut) {
          const minutes = options.limitMs / 60_000;
          throw new BuildFailed(
            `it took longer than ${minutes} min (\`build-timeout\`) and was ended`,
            ended.tail,
          );
        }
        if (ended.code !== 0) {
          throw new BuildFailed(lastLine(ended.tail), ended.tail);
        }
      } finally {
        await context.remove();
      }
    },
  };
}
