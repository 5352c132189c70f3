/** A base image with Node.js, npm and git, whose npm reaches the registry that this machine's npm reaches. */
import { copyFile, cp, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run, which } from "../../../scripts/shell.ts";
import { BASE_IMAGE, cacheFolder } from "../../harness/base-image.ts";
import { withLock } from "../../harness/lock.ts";
import { imageId } from "./images.ts";

export const NODE_IMAGE = "agent-runner-test-base-node:bookworm";

/** Certificates that this machine trusts beside Debian's own; a registry behind a proxy may need them. */
const certificates = process.env.NODE_EXTRA_CA_CERTS ?? "";

/** Made once an engine: this process's own node, and the npm that stands on the PATH. */
export async function ensureNodeImage(): Promise<string> {
  await withLock(join(cacheFolder(), "node-image.lock"), async () => {
    if (await imageId(NODE_IMAGE)) return;
    const context = await mkdtemp(join(tmpdir(), "agent-runner-node-image-"));
    try {
      await fill(context);
      const flags = ["--builder", "default", "--provenance=false", "--sbom=false", "--quiet"];
      await run("docker", ["buildx", "build", ...flags, "--tag", NODE_IMAGE, context]);
    } finally {
      await rm(context, { recursive: true, force: true });
    }
  });
  return NODE_IMAGE;
}

async function fill(context: string): Promise<void> {
  const cli = await realpath(which("npm") ?? "npm is not installed");
  await copyFile(process.execPath, join(context, "node"));
  await cp(dirname(dirname(cli)), join(context, "npm"), { recursive: true });
  await mkdir(join(context, "etc"));
  if (certificates !== "") await copyFile(certificates, join(context, "etc", "extra-ca.pem"));
  // The machine's own setting, asked for when the image is made: it stands in no file of the repository.
  const registry = (await run("npm", ["config", "get", "registry"], { cwd: context })).trim();
  // A registry that fails for a moment is asked again, and sooner than by itself after 10 s.
  const retries = "fetch-retries=5\nfetch-retry-mintimeout=500\n";
  await writeFile(join(context, "etc", "npmrc"), `registry=${registry}\n${retries}`);
  const lines = [
    `FROM ${BASE_IMAGE}`,
    "RUN apt-get update && apt-get install --yes --no-install-recommends git ca-certificates",
    "COPY node /usr/local/bin/node",
    "COPY npm /usr/local/lib/node_modules/npm",
    "COPY etc /usr/local/etc",
    "RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm",
    ...(certificates === "" ? [] : ["ENV NODE_EXTRA_CA_CERTS=/usr/local/etc/extra-ca.pem"]),
    "",
  ];
  await writeFile(join(context, "Dockerfile"), lines.join("\n"));
}
