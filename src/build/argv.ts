import { mountSpec } from "../engine/create-argv.ts";
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

/** The argv of one `docker buildx build`. Pure, so that it can be read and tested apart from a run. */
export function buildArgv(layer: Layer, options: BuildOptions): readonly string[] {
  const { destination } = options;
  return [
    "buildx",
    "build",
    "--builder",
    options.builder,
    destination.kind === "engine" ? "--load" : "--push",
    "--progress=plain",
    // attestations would make the image an index, whose digest says when it was built
    "--provenance=false",
    "--sbom=false",
    ...(options.platform === undefined ? [] : ["--platform", options.platform]),
    ...(options.noCache ? ["--no-cache"] : []),
    ...options.secrets.flatMap(({ id, variable }) => ["--secret", `id=${id},env=${variable}`]),
    ...(options.certificates === undefined
      ? []
      : ["--secret", mountSpec({ id: certificatesSecret, src: options.certificates })]),
    ...options.proxies.flatMap((name) => ["--build-arg", name]),
    ...Object.entries({ ...options.labels, ...layer.labels }).flatMap(([name, value]) => [
      "--label",
      `${name}=${value}`,
    ]),
    "--tag",
    destination.kind === "engine" ? layer.reference : `${destination.name}:${layer.key}`,
    options.context,
  ];
}
