import { writeFile } from "node:fs/promises";
import { sha256 } from "../../../keys/hash.ts";
import { parseJson } from "../../../log/json.ts";
import { type Manifest, parseConfig, parseManifest } from "../../../registry/documents.ts";
import type { Repacked } from "../blobs/repack.ts";
import type { RunBlobs } from "../blobs/run-blobs.ts";
import { readSmall } from "./image-entry.ts";

/** An image that the engine has pushed, as its documents describe it. */
export interface PushedImage {
  readonly manifest: Manifest;
  readonly json: Readonly<Record<string, unknown>>;
  /** Each layer's digest when unpacked, in the manifest's order. */
  readonly diffIds: readonly string[];
}

export async function readPushedImage(
  blobs: RunBlobs,
  digest: string,
): Promise<PushedImage | undefined> {
  const json = await document(blobs, digest);
  const read = parseManifest(json);
  if (read === undefined || !("manifest" in read)) {
    return undefined;
  }
  const config = parseConfig(await document(blobs, read.manifest.config.digest));
  return config?.diffIds.length === read.manifest.layers.length
    ? {
        manifest: read.manifest,
        json: json as Record<string, unknown>,
        diffIds: config.diffIds,
      }
    : undefined;
}

async function document(blobs: RunBlobs, digest: string): Promise<unknown> {
  const blob = blobs.stored(digest);
  const bytes =
    blob &&
    (await readSmall({ manifest: digest, base: [], blobs: new Map([[digest, blob]]) }, digest));
  return bytes && parseJson(bytes.toString("utf8"));
}

/** Docker's older names of the same documents; OCI's have one for zstd, too. */
const ociTypes: Readonly<Record<string, string>> = {
  "application/vnd.docker.distribution.manifest.v2+json":
    "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.container.image.v1+json": "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.image.rootfs.diff.tar": "application/vnd.oci.image.layer.v1.tar",
  "application/vnd.docker.image.rootfs.diff.tar.gzip":
    "application/vnd.oci.image.layer.v1.tar+gzip",
};

/**
 * Writes the image's manifest anew, with some layers packed otherwise. Its config, and with it what
 * the image is, stays. Answers the new manifest's digest.
 *
 * @param repacked by the digest in the pushed manifest
 */
export async function rewriteManifest(
  { json, manifest }: PushedImage,
  repacked: ReadonlyMap<string, Repacked>,
  blobs: RunBlobs,
  file: string,
): Promise<string> {
  const asOci = <T extends { readonly mediaType?: unknown }>(one: T) => ({
    ...one,
    mediaType: ociTypes[String(one.mediaType)] ?? one.mediaType,
  });
  const layers = manifest.layers.map((layer) => {
    const other = repacked.get(layer.digest);
    const mediaType = "application/vnd.oci.image.layer.v1.tar+zstd";
    return other === undefined ? asOci(layer) : { ...layer, ...other, mediaType };
  });
  const text = JSON.stringify({ ...asOci(json), config: asOci(manifest.config), layers });
  const digest = `sha256:${sha256(text)}`;
  await writeFile(file, text);
  await blobs.put(digest, file, Buffer.byteLength(text));
  return digest;
}
