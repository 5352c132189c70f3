/** Images that tests make for themselves, and looking at what is in the engine. */

import { join } from "node:path";
import { attempt, run } from "../../../scripts/shell.ts";
import { BASE_IMAGE, cacheFolder, NO_BASH_IMAGE } from "../../harness/base-image.ts";
import { withLock } from "../../harness/lock.ts";

/** 5 MB: bash and busybox. For what goes through a registry, where the real base would only cost time. */
export const SMALL_BASE_IMAGE = "agent-runner-test-base-small:bookworm";

/** Builds with the engine's own builder, from a Dockerfile that needs no context. */
export async function buildImage(
  reference: string,
  dockerfile: readonly string[],
  flags: readonly string[] = [],
): Promise<void> {
  const argv = ["buildx", "build", "--builder", "default", "--provenance=false", "--sbom=false"];
  await run("docker", [...argv, "--quiet", "--tag", reference, ...flags, "-"], {
    input: `${dockerfile.join("\n")}\n`,
  });
}

export async function ensureSmallBaseImage(): Promise<void> {
  await withLock(join(cacheFolder(), "small-base.lock"), async () => {
    if (await imageId(SMALL_BASE_IMAGE)) return;
    await buildImage(SMALL_BASE_IMAGE, [
      `FROM ${BASE_IMAGE} AS debian`,
      "RUN mkdir /out && cp --parents --dereference /bin/bash $(ldd /bin/bash | grep -o '/[^ ]*') /out",
      `FROM ${NO_BASH_IMAGE}`,
      "COPY --from=debian /out /",
      'RUN ["/bin/bash", "-c", "/bin/busybox --install -s /bin || true"]',
    ]);
  });
}

/** The id of an image, or undefined where the engine has none of that name. */
export async function imageId(reference: string): Promise<string | undefined> {
  const { code, stdout } = await attempt("docker", [
    ...["image", "inspect", "--format", "{{.Id}}", reference],
  ]);
  return code === 0 ? stdout.trim() : undefined;
}

/** Removes names and, with the last name, the image. One that is not there is no error. */
export async function removeImages(references: readonly string[]): Promise<void> {
  for (const reference of references) {
    await attempt("docker", ["image", "rm", "--force", reference]);
  }
}

/** An image that a test made itself, with every name it has: the action gives a local base one of its own, too. */
export async function removeOwn(reference: string): Promise<void> {
  const id = await imageId(reference);
  if (id !== undefined) await removeImages([id]);
}

/** Every image of the layer keys, whatever its names: those of a registry and of a pull by digest too. */
export async function removeLayers(keys: Iterable<string>): Promise<void> {
  for (const key of keys) {
    const filter = `label=io.agent-runner.key=${key}`;
    const ids = await run("docker", ["image", "ls", "--all", "--quiet", "--filter", filter]);
    await removeImages([...new Set(ids.split("\n").filter((id) => id !== ""))]);
  }
}

/** Publishes a local image under a name in a registry and leaves the engine without that name. */
export async function pushAs(local: string, remote: string): Promise<string> {
  await run("docker", ["tag", local, remote]);
  const said = await run("docker", ["push", remote]);
  await run("docker", ["image", "rm", remote]);
  const digest = /digest: (sha256:[0-9a-f]{64})/.exec(said)?.[1];
  if (digest === undefined) throw new Error(`docker push told no digest:\n${said}`);
  return digest;
}

/** Containers with a label, running or not. */
export async function containersOf(label: string): Promise<string[]> {
  const names = await run("docker", [
    ...["ps", "--all", "--filter", `label=${label}`, "--format", "{{.Names}}"],
  ]);
  return names.split("\n").filter((name) => name !== "");
}
