import { z } from "zod";

// The documents of the OCI image specification, as far as they are read here. Docker's older media
// types have the same shape.

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const descriptor = z.object({
  mediaType: z.string().optional(),
  digest,
  size: z.number().int().nonnegative(),
  platform: z
    .object({
      os: z.string(),
      architecture: z.string(),
      variant: z.string().optional(),
    })
    .optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type Descriptor = z.output<typeof descriptor>;

const indexSchema = z.object({ manifests: z.array(descriptor) });

const manifestSchema = z.object({ config: descriptor, layers: z.array(descriptor) });
export type Manifest = z.output<typeof manifestSchema>;

const configSchema = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
  config: z
    .object({ Labels: z.record(z.string(), z.string()).nullish(), User: z.string().nullish() })
    .nullish(),
  rootfs: z.object({ diff_ids: z.array(digest) }),
  created: z.string().optional(),
});

/** What an image says of itself, in one form whether it came from a registry or from the engine. */
export interface ImageConfig {
  readonly platform: Platform;
  readonly labels: Readonly<Record<string, string>>;
  /** The uncompressed layers, base first. */
  readonly diffIds: readonly string[];
  /** Seconds since 1970; 0 when it does not say. */
  readonly created: number;
  /** The user its commands run as; empty for root. */
  readonly user: string;
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
}

/** Media types to ask a registry for. */
export const acceptedManifests = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Reads a manifest or an index; undefined when it is neither. */
export function parseManifest(
  json: unknown,
): { readonly index: readonly Descriptor[] } | { readonly manifest: Manifest } | undefined {
  const index = indexSchema.safeParse(json);
  if (index.success) {
    return { index: index.data.manifests };
  }
  const manifest = manifestSchema.safeParse(json);
  return manifest.success ? { manifest: manifest.data } : undefined;
}

export function parseConfig(json: unknown): ImageConfig | undefined {
  const read = configSchema.safeParse(json);
  return read.success
    ? {
        platform: pick(read.data),
        labels: read.data.config?.Labels ?? {},
        diffIds: read.data.rootfs.diff_ids,
        created: seconds(read.data.created),
        user: read.data.config?.User ?? "",
      }
    : undefined;
}

/** An RFC 3339 date in seconds since 1970; 0 when there is none. */
export function seconds(date: string | undefined): number {
  return Date.parse(date ?? "") / 1000 || 0;
}

function pick({ os, architecture, variant }: Platform): Platform {
  return variant === undefined ? { os, architecture } : { os, architecture, variant };
}

/** `linux/arm64/v8` taken apart. */
export function parsePlatform(text: string): Platform {
  const [os = "", architecture = "", variant] = text.split("/");
  return variant === undefined ? { os, architecture } : { os, architecture, variant };
}

export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== undefined && part !== "").join("/");
}

/** Whether an image of platform `found` may be started where `wanted` is asked for. */
export function fits(found: Platform, wanted: Platform): boolean {
  return (
    found.os === wanted.os &&
    found.architecture === wanted.architecture &&
    (wanted.variant === undefined || normalVariant(found) === normalVariant(wanted))
  );
}

/** arm64 has one variant, v8, which many images do not name. */
function normalVariant({ architecture, variant }: Platform): string {
  return variant ?? (architecture === "arm64" ? "v8" : "");
}
