import type { Writable } from "node:stream";
import type { Docker } from "../engine/cli.ts";
import type { Builds } from "../engine/engine.ts";
import { runWithin } from "../engine/limits.ts";
import { type Layer, repositoryOf } from "../layers/layer.ts";
import { lastLines } from "../log/text.ts";
import type { Platform } from "../registry/documents.ts";
import type { BuildSecret } from "../settings/load.ts";
import { buildArgv, buildEnvironment, type Destination } from "./argv.ts";
import { type BuilderChoice, ownBuilder } from "./builder-choice.ts";
import { writeContext } from "./context.ts";
import { whyItFailed } from "./why-it-failed.ts";

/** The layer could not be built; the message says why, the tail has the build's last lines. */
export class BuildFailed extends Error {
  readonly tail: string;

  constructor(message: string, tail: string) {
    super(message);
    this.tail = tail;
  }
}

/** What a layer is built on. */
export interface Parent {
  /** A name that BuildKit can read in one way only. */
  readonly reference: string;
  /** Whether any builder can fetch it; else only this engine has it. */
  readonly anywhere: boolean;
}

export interface Builder {
  /**
   * Builds one layer on a parent and leaves it where the next step looks for it.
   *
   * @throws BuildFailed
   */
  build(layer: Layer, parent: Parent, output: Writable): Promise<void>;
}

export interface BuilderOptions {
  readonly cli: Docker;
  /** What the engine's own builder is; asked before the first build. */
  readonly builds: () => Promise<Builds>;
  /** The docker context that the engine is used by. */
  readonly engineContext: string;
  /** Asked before the first build. */
  readonly choose: () => Promise<BuilderChoice>;
  /** Before the CLI may have to fetch a private parent. */
  readonly login: () => Promise<void>;
  /** Told when a layer cannot be built by the chosen builder. */
  readonly notice: (message: string) => void;
  readonly platform: string | undefined;
  /** Of the base, and so of what is built. */
  readonly basePlatform: Platform;
  readonly limitMs: number;
  /** Where build contexts are written. */
  readonly temp: string;
  readonly cacheVersion: string | undefined;
  readonly secrets: readonly BuildSecret[];
  /** What the scripts trust beside what the image does, in PEM. */
  readonly certificates: string | undefined;
  /** Proxies by the names of their variables. */
  readonly proxies: ReadonlyMap<string, string>;
  /** Takes secrets out of what a build said, before it is cut down to its last words. */
  readonly redact: (text: string) => string;
  readonly noCache: boolean;
  /** Of every image that is built, beside those of its layer. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Send the result from the builder straight to this registry instead of into the engine. */
  readonly pushTo: string | undefined;
  /** Ends a build that is under way: the step was cancelled. */
  readonly signal: AbortSignal;
}

export function layerBuilder(options: BuilderOptions): Builder {
  let chosen: Promise<BuilderChoice> | undefined;
  return {
    async build(layer, parent, output) {
      chosen ??= options.choose();
      const [wanted, own] = await Promise.all([chosen, options.builds(), options.login()]);
      const builder =
        wanted.seesEngine || parent.anywhere ? wanted : ownBuilder(options.engineContext);
      if (builder !== wanted) {
        options.notice(
          `the ${layer.title} is built by the engine's own builder: ${wanted.name} cannot see ${parent.reference}, which only this engine has`,
        );
      }
      const tool = builder.seesEngine ? own : "buildx";
      const hasSecrets = tool !== "podman's API";
      if (!hasSecrets && options.secrets.length > 0) {
        throw new BuildFailed(noSecrets, "");
      }
      const context = await writeContext(
        options.temp,
        layer,
        parent.reference,
        options.cacheVersion,
        options.basePlatform,
        options.certificates,
        hasSecrets,
      );
      try {
        const { limitMs, signal, pushTo, proxies, secrets } = options;
        const destination: Destination =
          pushTo === undefined
            ? { kind: "engine" }
            : { kind: "registry", name: `${pushTo}/${repositoryOf(layer.name)}` };
        const argv = buildArgv[tool](layer, {
          ...options,
          context: context.folder,
          certificates: context.certificates,
          proxies: [...proxies.keys()],
          builder: builder.name,
          destination,
          labels: { ...options.labels, ...(await layer.content.labels?.()) },
        });
        const ended = await runWithin(options.cli, argv, {
          ...{ limitMs, output, signal },
          // by name in argv: their values are secret, or have a password
          env: {
            ...buildEnvironment[tool],
            ...Object.fromEntries(secrets.map(({ variable, value }) => [variable, value])),
            ...Object.fromEntries(proxies),
          },
        });
        const said = options.redact(ended.tail);
        if (ended.timedOut) {
          const why = `it took longer than ${limitMs / 60_000} min (\`build-timeout\`) and was ended`;
          throw new BuildFailed(why, lastLines(said));
        }
        if (ended.code !== 0) {
          throw new BuildFailed(whyItFailed(layer, said), lastLines(said));
        }
      } finally {
        await context.remove();
      }
    },
  };
}

const noSecrets =
  "podman's Docker API takes no build secrets; build with podman's own command (without docker on the `PATH`), or with a `builder`";
