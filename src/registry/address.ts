import type { Reference } from "../keys/reference.ts";
import { isLoopback } from "./loopback.ts";
import type { Trust } from "./trust.ts";

/** Where an image is asked for. */
export interface Place {
  /** `ghcr.io`, `localhost:5000`; `docker.io` for Docker Hub. */
  readonly registry: string;
  /** As the registry itself calls it. */
  readonly repository: string;
  /** What the paths of its documents and layers are appended to: `https://ghcr.io/v2/owner/name`. */
  readonly url: string;
  /** By what it is believed to be the one, besides what all servers are. */
  readonly trust?: Trust | undefined;
  /** It stands for Docker Hub, and need not have what that has. */
  readonly isMirror?: boolean;
}

/** Docker Hub need not be named, has its API on another host, and official images under `library/`. */
export function placeOf(image: Reference): Place {
  const { registry = "docker.io", repository } = image;
  if (registry === "docker.io" || registry === "index.docker.io") {
    const full = repository.includes("/") ? repository : `library/${repository}`;
    const url = `https://registry-1.docker.io/v2/${full}`;
    return { registry: "docker.io", repository: full, url };
  }
  // the engine speaks plain HTTP to loopback and nowhere else by itself, and so does this client
  const scheme = isLoopback(registry.replace(/:\d+$/, "")) ? "http" : "https";
  return { registry, repository, url: `${scheme}://${registry}/v2/${repository}` };
}
