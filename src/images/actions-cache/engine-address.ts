import type { Docker } from "../../engine/cli.ts";

/**
 * Whether the engine is on another machine, where our loopback is not its own. Answers `false` when
 * it cannot be told: a pull that fails is a build.
 */
export async function isRemoteEngine(docker: Docker): Promise<boolean> {
  const format = "{{.Endpoints.docker.Host}}";
  const { code, stdout } = await docker.ask("context", "inspect", "--format", format);
  return code === 0 && isRemote(stdout.trim());
}

/** Pure. `tcp://` and `ssh://` to this machine's own loopback count as here. */
export function isRemote(host: string): boolean {
  if (!/^(?:tcp|ssh|https?):/.test(host) || !URL.canParse(host)) {
    return false;
  }
  const name = new URL(host).hostname;
  return !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(name);
}
