import type { Docker } from "../../engine/cli.ts";

/** The names that images have in the engine while a run's loopback registry has them, as `docker image ls` takes them. */
export function namesOfRun(runId: string): string {
  return `127.0.0.1:*/${runId}-*/*`;
}

/** Takes names from the engine; an image stays if it has another. Does not fail: a name too many harms nobody. */
export async function forgetNames(docker: Docker, pattern: string): Promise<void> {
  const format = "{{.Repository}} {{.Tag}} {{.Digest}}";
  const filter = `reference=${pattern}`;
  const listed = await docker.ask(
    ...["image", "ls", "--digests", "--filter", filter, "--format", format],
  );
  const lines = listed.stdout.split("\n").map((line) => line.trim().split(" "));
  const names = lines.flatMap(([repository, tag = "", digest = ""]) => [
    ...(/^[\w.-]+$/.test(tag) ? [`${repository}:${tag}`] : []),
    ...(digest.startsWith("sha256:") ? [`${repository}@${digest}`] : []),
  ]);
  for (const name of new Set(names)) {
    await docker.ask("image", "rm", name);
  }
}
