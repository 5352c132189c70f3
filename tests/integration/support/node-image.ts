/** A base image with Node.js, npm and git, whose npm reaches the registry that this machine's npm reaches. */
import { copyFile, cp, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { which } from "../../../scripts/shell.ts";
import { BASE_IMAGE } from "../../harness/base-image.ts";
import { ensureNpmImage, trustLines } from "./npm-image.ts";

export const NODE_IMAGE = "agent-runner-test-base-node:bookworm";

/** Made once an engine: this process's own node, and the npm that stands on the PATH. */
export function ensureNodeImage(): Promise<string> {
  return ensureNpmImage(NODE_IMAGE, async (context) => {
    const cli = await realpath(which("npm") ?? "npm is not installed");
    await copyFile(process.execPath, join(context, "node"));
    await cp(dirname(dirname(cli)), join(context, "npm"), { recursive: true });
    return [
      `FROM ${BASE_IMAGE}`,
      "RUN apt-get update && apt-get install --yes --no-install-recommends git ca-certificates",
      "COPY node /usr/local/bin/node",
      "COPY npm /usr/local/lib/node_modules/npm",
      "COPY etc /usr/local/etc",
      "RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm",
      ...trustLines,
    ];
  });
}
