/** What the images have in common whose npm reaches the registry that this machine's npm reaches. */
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../scripts/shell.ts";
import { cacheFolder } from "../../harness/base-image.ts";
import { withLock } from "../../harness/lock.ts";
import { imageId } from "./images.ts";

/** Certificates that this machine trusts beside Debian's own; a registry behind a proxy may need them. */
const certificates = process.env.NODE_EXTRA_CA_CERTS ?? "";

/** The line of a Dockerfile that makes them known, where there are any; `etc` is copied to /usr/local/etc. */
export const trustLines: readonly string[] =
  certificates === "" ? [] : ["ENV NODE_EXTRA_CA_CERTS=/usr/local/etc/extra-ca.pem"];

/** Makes an image once an engine; `fill` adds to a context with npm's settings in `etc`, and answers the Dockerfile. */
export async function ensureNpmImage(
  image: string,
  fill: (context: string) => Promise<readonly string[]> | readonly string[],
): Promise<string> {
  const name = image.slice(0, image.indexOf(":"));
  await withLock(join(cacheFolder(), `${name}.lock`), async () => {
    if (await imageId(image)) return;
    const context = await mkdtemp(join(tmpdir(), `${name}-`));
    try {
      await mkdir(join(context, "etc"));
      if (certificates !== "") await copyFile(certificates, join(context, "etc", "extra-ca.pem"));
      // The machine's own setting, asked for when the image is made: it stands in no file of the repository.
      const registry = (await run("npm", ["config", "get", "registry"], { cwd: context })).trim();
      // A registry that fails for a moment is asked again, and sooner than by itself after 10 s.
      const retries = "fetch-retries=5\nfetch-retry-mintimeout=500\n";
      await writeFile(join(context, "etc", "npmrc"), `registry=${registry}\n${retries}`);
      const lines = await fill(context);
      await writeFile(join(context, "Dockerfile"), `${lines.join("\n")}\n`);
      const flags = ["--builder", "default", "--provenance=false", "--sbom=false", "--quiet"];
      await run("docker", ["buildx", "build", ...flags, "--tag", image, context]);
    } finally {
      await rm(context, { recursive: true, force: true });
    }
  });
  return image;
}
