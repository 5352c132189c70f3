import { createReadStream } from "node:fs";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import { z } from "zod";

/** Documents of an archive are small; layers are passed by. */
const maxDocumentBytes = 1024 * 1024;

const manifestSchema = z.array(
  z.object({
    Config: z.string(),
    RepoTags: z.array(z.string()).nullable(),
    Layers: z.array(z.string()),
  }),
);

const indexSchema = z.object({
  manifests: z.array(
    z.object({ annotations: z.record(z.string(), z.string()).optional() }).loose(),
  ),
});

/**
 * What is wrong with an archive of `docker save`; undefined when it has one image, whole, under
 * this one name. The engine itself may write one without layers and exit with 0, and one from
 * elsewhere could bring an image under any name.
 */
export async function whatIsWrongWithArchive(
  file: string,
  reference: string,
): Promise<string | undefined> {
  const { entries, documents } = await readArchive(file);
  const manifest = manifestSchema.safeParse(documents.get("manifest.json"));
  const [image] = manifest.success ? manifest.data : [];
  if (!manifest.success || image === undefined || manifest.data.length !== 1) {
    return "the archive is empty";
  }
  const missing = [image.Config, ...image.Layers].find((path) => !entries.has(path));
  if (missing !== undefined || image.Layers.length === 0) {
    return `the archive lacks ${missing ?? "all layers"}`;
  }
  const index = indexSchema.safeParse(documents.get("index.json"));
  const names = [
    ...(image.RepoTags ?? []),
    ...(index.success ? index.data.manifests : []).flatMap(
      ({ annotations }) => annotations?.["io.containerd.image.name"] ?? [],
    ),
  ];
  const stranger = names.find((name) => name.replace(/^docker\.io\/library\//, "") !== reference);
  return stranger === undefined ? undefined : `the archive has an image named ${stranger}`;
}

async function readArchive(file: string) {
  const entries = new Set<string>();
  const documents = new Map<string, unknown>();
  const reading = extract();
  const read = (async () => {
    for await (const entry of reading) {
      const { name, type, size = 0 } = entry.header;
      if (type === "file" || type === "symlink" || type === "link") {
        entries.add(name); // layers that two images share may be links
      }
      if (/^(?:manifest|index)\.json$/.test(name) && size <= maxDocumentBytes) {
        documents.set(name, parse(await buffer(entry)));
      } else {
        entry.resume();
      }
    }
  })();
  await Promise.all([pipeline(createReadStream(file), reading), read]).catch(() => {});
  return { entries, documents };
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
