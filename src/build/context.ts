import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isPresent } from "../layers/content.ts";
import type { Layer } from "../layers/layer.ts";
import {
  cacheVersionFile,
  parentPlaceholder,
  tellingApt,
  withCertificatesIn,
} from "../layers/template.ts";
import type { Platform } from "../registry/documents.ts";

/** Where a build finds its Dockerfile, scripts and files. */
export interface BuildContext {
  readonly folder: string;
  /** The file with the certificates, beside the folder: it is no part of what is built. */
  readonly certificates: string | undefined;
  remove(): Promise<void>;
}

const certificatesName = "ca-certificates.crt";

/** What the names of build contexts begin with. */
export const contextPrefix = "agent-runner-build-";

/**
 * Writes a layer's build context into a new folder below `temp`.
 *
 * Scripts and files are readable for everyone (0644, 0755), because the build runs as the image's
 * own user; the folder itself is the runner's alone.
 *
 * @param hasSecrets of a builder without them, certificates are a file of the context
 */
export async function writeContext(
  temp: string,
  layer: Layer,
  parentReference: string,
  cacheVersion: string | undefined,
  platform: Platform,
  certificates?: string,
  hasSecrets = true,
): Promise<BuildContext> {
  const folder = await mkdtemp(join(temp, contextPrefix));
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    await chmod(join(folder, name), 0o644);
  };
  const dockerfile = layer.template.replace(parentPlaceholder, () => parentReference);
  if (hasSecrets || certificates === undefined) {
    await write("Dockerfile", dockerfile);
  } else {
    await write("Dockerfile", withCertificatesIn(certificatesName, dockerfile));
    await write(certificatesName, certificates);
  }
  if (cacheVersion !== undefined) {
    await write(cacheVersionFile, cacheVersion);
  }
  for (const script of layer.content.scripts.filter(isPresent)) {
    await write(script.file, certificates === undefined ? script.text : tellingApt(script.text));
  }
  const { files, fetch } = layer.content;
  const fetched = (await fetch?.(join(folder, "files"), platform)) ?? [];
  for (const file of [...files, ...fetched]) {
    const target = join(folder, "files", ...file.path.split("/"));
    await mkdirOpen(folder, dirname(file.path));
    if (file.source !== target) {
      await copyFile(file.source, target);
    }
    await chmod(target, file.mode === "755" ? 0o755 : 0o644);
  }
  const file = `${folder}.crt`;
  if (certificates !== undefined) {
    await writeFile(file, certificates, { mode: 0o600 });
  }
  return {
    folder,
    certificates: certificates === undefined ? undefined : file,
    async remove() {
      await rm(folder, { recursive: true, force: true });
      await rm(file, { force: true });
    },
  };
}

/** Folders that the image's user may enter, whatever the runner's umask is. */
async function mkdirOpen(folder: string, path: string): Promise<void> {
  let current = join(folder, "files");
  for (const step of ["", ...path.split("/")]) {
    current = join(current, step);
    await mkdir(current, { recursive: true });
    await chmod(current, 0o755);
  }
}
