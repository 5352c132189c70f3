/** The tests' Debian with nothing of Node.js in it, whose npm, once it has one, reaches what this machine's reaches. */
import { run } from "../../../scripts/shell.ts";
import { BASE_IMAGE } from "../../harness/base-image.ts";
import { ensureNpmImage, trustLines } from "./npm-image.ts";

export const BARE_IMAGE = "agent-runner-test-base-bare:bookworm";

/** Made once an engine. */
export function ensureBareImage(): Promise<string> {
  return ensureNpmImage(BARE_IMAGE, () => [
    `FROM ${BASE_IMAGE}`,
    // where npm looks for its settings, wherever Node.js is
    "COPY etc /usr/local/etc",
    "ENV NPM_CONFIG_GLOBALCONFIG=/usr/local/etc/npmrc",
    ...trustLines,
  ]);
}

/** This machine's address on the engine's own bridge, where containers find its servers. */
export async function bridgeAddress(): Promise<string> {
  const format = "{{(index .IPAM.Config 0).Gateway}}";
  return (await run("docker", ["network", "inspect", "bridge", "--format", format])).trim();
}
