import { afterAll, beforeAll } from "vitest";
import { run } from "../../../scripts/shell.ts";
import type { RecordedRequest } from "../../harness/proxy.ts";
import { type Registry, type RegistryOptions, startRegistry } from "../../harness/registry.ts";
import { removeImages } from "./images.ts";

/** A registry for one test file; it and what the engine has of it go with the file's last test. */
export function useRegistry(options: RegistryOptions = {}): () => Registry {
  let registry: Registry | undefined;
  beforeAll(async () => {
    registry = await startRegistry(options);
  });
  afterAll(async () => {
    if (!registry) return;
    await removeImages(await namesFrom(registry.address));
    await removeImages(await namesFrom(registry.direct));
    await registry.stop();
  });
  return () => registry as Registry;
}

/** The requests of the action itself, without those of the engine that pulls and pushes for it. */
export function ours(registry: Registry): RecordedRequest[] {
  return registry.requests.filter(({ userAgent }) => !userAgent.startsWith("docker/"));
}

/** `repository:tag` and `repository@digest` of the images that came from a registry or were sent to it. */
async function namesFrom(address: string): Promise<string[]> {
  const format = "{{.Repository}} {{.Tag}} {{.Digest}}";
  const listed = await run("docker", ["image", "ls", "--digests", "--format", format]);
  return listed
    .split("\n")
    .filter((line) => line.startsWith(`${address}/`))
    .map((line) => line.split(" "))
    .map(([name, tag, digest]) => (tag === "<none>" ? `${name}@${digest}` : `${name}:${tag}`));
}
