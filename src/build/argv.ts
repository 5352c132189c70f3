import { mountSpec } from "../engine/create-argv.ts";
import type { Builds } from "../engine/engine.ts";
import type { Layer } from "../layers/layer.ts";
import { certificatesSecret } from "../layers/template.ts";

export interface BuildOptions {
  readonly context: string;
  /** `--builder`; the engine's own has the name of its context. */
  readonly builder: string;
  readonly platform: string | undefined;
  /** Id and environment variable of each secret; values never stand in argv. */
  readonly secrets: readonly { readonly id: string; readonly variable: string }[];
  /** The file with the certificates of `ca-certificates`. */
  readonly certificates: string | undefined;
  /** Names of variables that are build arguments, too: BuildKit knows proxies, and keeps them out of image and cache. */
  readonly proxies: readonly string[];
  readonly noCache: boolean;
  /** Beside those of the plan. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly destination: Destination;
}

/** Where the result goes: into the engine under the local name, or straight into a registry. */
export type Destination =
  | { readonly kind: "engine" }
  | { readonly kind: "registry"; readonly name: string };

/**
 * The argv of one build, by what an engine builds with. Pure, so that it can be read and tested apart from a run.
 *
 * Buildah takes a step from its cache though a file that is bound into it has changed, so that it may keep none.
 */
export const buildArgv: Readonly<
  Record<Builds, (layer: Layer, options: BuildOptions) => readonly string[]>
> = {
  buildx: (layer, options) => [
    "buildx",
    "build",
    "--builder",
    options.builder,
    options.destination.kind === "engine" ? "--load" : "--push",
    "--progress=plain",
    // attestations would make the image an index, whose digest says when it was built
    "--provenance=false",
    "--sbom=false",
    ...platformOf(options),
    ...(options.noCache ? ["--no-cache"] : []),
    ...secretsOf(options),
    ...ofEvery(layer, options),
  ],
  podman: (layer, options) => [
    "build",
    "--format=docker", // as Docker's are, so that engines and registries need not turn one into the other
    "--layers=false",
    "--pull=missing",
    "--security-opt=label=disable",
    ...platformOf(options),
    ...secretsOf(options),
    ...ofEvery(layer, options),
  ],
  "podman's API": (layer, options) => [
    "build",
    "--no-cache",
    ...platformOf(options),
    ...ofEvery(layer, options),
  ],
};

/** What a build gets beside its argv. */
export const buildEnvironment: Readonly<Record<Builds, Readonly<Record<string, string>>>> = {
  buildx: {},
  podman: {},
  "podman's API": { DOCKER_BUILDKIT: "0" },
};

function platformOf({ platform }: BuildOptions): string[] {
  return platform === undefined ? [] : ["--platform", platform];
}

function secretsOf({ secrets, certificates }: BuildOptions): string[] {
  return [
    ...secrets.flatMap(({ id, variable }) => ["--secret", `id=${id},env=${variable}`]),
    ...(certificates === undefined
      ? []
      : ["--secret", mountSpec({ id: certificatesSecret, src: certificates })]),
  ];
}

function ofEvery(layer: Layer, { proxies, labels, destination, context }: BuildOptions): string[] {
  return [
    ...proxies.flatMap((name) => ["--build-arg", name]),
    ...Object.entries({ ...labels, ...layer.labels }).flatMap(([name, value]) => [
      "--label",
      `${name}=${value}`,
    ]),
    "--tag",
    destination.kind === "engine" ? layer.reference : `${destination.name}:${layer.key}`,
    context,
  ];
}
