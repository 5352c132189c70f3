import { createReadStream } from "node:fs";
import { posix } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import { z } from "zod";
import { parseJson } from "../../log/json.ts";
import { oneLine } from "../../log/text.ts";

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
  const { entries, documents, twice, refused } = await readArchive(file);
  if (refused !== undefined) {
    return `the archive has ${refused}`;
  }
  if (twice !== undefined) {
    return `the archive has ${twice} twice`;
  }
  const manifest = manifestSchema.safeParse(documents.get("manifest.json"));
  const [image] = manifest.success ? manifest.data : [];
  if (!manifest.success || image === undefined || manifest.data.length !== 1) {
    return "the archive is empty";
  }
  const missing = [image.Config, ...image.Layers].find((path) => !entries.has(path));
  if (missing !== undefined || image.Layers.length === 0) {
    return `the archive lacks ${missing ?? "all layers"}`;
  }
  const index = indexSchema.safeParse(
    documents.has("index.json") ? documents.get("index.json") : { manifests: [] },
  );
  if (!index.success) {
    return "the archive's index.json cannot be read";
  }
  const names = [...(image.RepoTags ?? []), ...index.data.manifests.flatMap(nameOf)];
  const stranger = names.find((name) => name.replace(/^docker\.io\/library\//, "") !== reference);
  return stranger === undefined ? undefined : `the archive has an image named ${stranger}`;
}

/** The name that containerd gives an image of an archive, by its own order of annotations. */
function nameOf({ annotations = {} }: z.output<typeof indexSchema>["manifests"][number]): string[] {
  const name =
    annotations["io.containerd.image.name"] || annotations["org.opencontainers.image.ref.name"];
  return name ? [name] : [];
}

/**
 * What an engine never writes, and must not be given: names and links that lead out of the archive, devices, and files
 * with holes, of which a few bytes are gigabytes once they are filled in.
 */
function whatIsRefused({ name, type, linkname, pax }: Header): string | undefined {
  const shown = oneLine(name, 100);
  const target = linkname ?? "";
  if (leadsOut(name)) {
    return `${shown}, which leads out of it`;
  }
  // a hard link is named from the top, a symbolic one from where it is
  const from = type === "symlink" ? posix.dirname(name) : "";
  const isLink = type === "link" || type === "symlink";
  if (isLink && (posix.isAbsolute(target) || leadsOut(posix.join(from, target)))) {
    return `${shown}, a link that leads out of it`;
  }
  const sparse = Object.keys(pax ?? {}).some((field) => field.startsWith("GNU.sparse."));
  const usual = isLink || type === "file" || type === "directory";
  return usual && !sparse ? undefined : `${shown}, which is neither a file nor a folder`;
}

function leadsOut(name: string): boolean {
  return posix.isAbsolute(name) || posix.normalize(name).split("/")[0] === "..";
}

/** As engines do, takes `./index.json` for `index.json`. A document that is too large is there and says nothing. */
async function readArchive(file: string) {
  const entries = new Set<string>();
  const documents = new Map<string, unknown>();
  let twice: string | undefined;
  let refused: string | undefined;
  const reading = extract();
  const read = (async () => {
    for await (const entry of reading) {
      const { type, size = 0 } = entry.header;
      const name = posix.join("/", entry.header.name).slice(1);
      refused ??= whatIsRefused(entry.header);
      if (type === "file" || type === "symlink" || type === "link") {
        entries.add(name); // layers that two images share may be links
      }
      if (!/^(?:manifest|index)\.json$/.test(name)) {
        entry.resume();
        continue;
      }
      twice = documents.has(name) ? name : twice;
      if (type === "file" && size <= maxDocumentBytes) {
        documents.set(name, parseJson(await text(entry)));
      } else {
        documents.set(name, undefined);
        entry.resume();
      }
    }
  })();
  await Promise.all([pipeline(createReadStream(file), reading), read]).catch(() => {});
  return { entries, documents, twice, refused };
}
