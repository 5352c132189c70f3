/** The tests' Debian with nothing of Node.js in it, whose npm, once it has one, reaches what this machine's reaches. */
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../scripts/shell.ts";
import { BASE_IMAGE, cacheFolder } from "../../harness/base-image.ts";
import { withLock } from "../../harness/lock.ts";
import { imageId } from "./images.ts";

export const BARE_IMAGE = "agent-runner-test-base-bare:bookworm";

/** Certificates that this machine trusts beside Debian's own; a registry behind a proxy may need them. */
const certificates = process.env.NODE_EXTRA_CA_CERTS ?? "";

/** Made once an engine. */
export async function ensureBareImage(): Promise<string> {
  await withLock(join(cacheFolder(), "bare-image.lock"), async () => {
    if (await imageId(BARE_IMAGE)) return;
    const context = await mkdtemp(join(tmpdir(), "agent-runner-bare-image-"));
    try {
      await mkdir(join(context, "etc"));
      if (certificates !== "") await copyFile(certificates, join(context, "etc", "extra-ca.pem"));
      // The machine's own setting, asked for when the image is made: it stands in no file of the repository.
      const registry = (await run("npm", ["config", "get", "registry"], { cwd: context })).trim();
      const retries = "fetch-retries=5\nfetch-retry-mintimeout=500\n";
      await writeFile(join(context, "etc", "npmrc"), `registry=${registry}\n${retries}`);
      const lines = [
        `FROM ${BASE_IMAGE}`,
        // where npm looks for its settings, wherever Node.js is
        "COPY etc /usr/local/etc",
        "ENV NPM_CONFIG_GLOBALCONFIG=/usr/local/etc/npmrc",
        ...(certificates === "" ? [] : ["ENV NODE_EXTRA_CA_CERTS=/usr/local/etc/extra-ca.pem"]),
        "",
      ];
      await writeFile(join(context, "Dockerfile"), lines.join("\n"));
      const flags = ["--builder", "default", "--provenance=false", "--sbom=false", "--quiet"];
      await run("docker", ["buildx", "build", ...flags, "--tag", BARE_IMAGE, context]);
    } finally {
      await rm(context, { recursive: true, force: true });
    }
  });
  return BARE_IMAGE;
}

/** This machine's address on the engine's own bridge, where containers find its servers. */
export async function bridgeAddress(): Promise<string> {
  const format = "{{(index .IPAM.Config 0).Gateway}}";
  return (await run("docker", ["network", "inspect", "bridge", "--format", format])).trim();
}
