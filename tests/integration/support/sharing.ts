/** What the tests of sharing images through a registry have in common. */
import { createHash } from "node:crypto";
import type { RecordedRequest } from "../../harness/proxy.ts";
import type { Registry } from "../../harness/registry.ts";
import type { Ran } from "./act.ts";
import { pushAs, SMALL_BASE_IMAGE } from "./images.ts";

type Inputs = Record<string, string>;

/** Who the tests are where a registry asks for a password. */
export const account = { username: "octocat", password: "correct-horse-battery-staple" };

/** Puts a base image into the registry, so that every engine and builder can have it; answers its name. */
export async function publishBase(registry: Registry): Promise<string> {
  const reference = `${registry.address}/base/small:bookworm`;
  await pushAs(SMALL_BASE_IMAGE, reference);
  return reference;
}

/** A job with an env layer that every build fills with another text, and a task that prints it. */
export function sharing(registry: Registry, inputs: Inputs): Inputs {
  return {
    "base-image": `${registry.address}/base/small:bookworm`,
    pull: "always",
    registry: `${registry.address}/demo`,
    "cached-preflight": "cat /proc/sys/kernel/random/uuid >/env",
    "cache-container-build": "true",
    command: "echo task: $(cat /env)",
    ...inputs,
  };
}

/** What was asked of a layer's images, by whomever. */
export function about(registry: Registry, layer: "desktop" | "env"): RecordedRequest[] {
  return registry.requests.filter(({ path }) => path.includes(`/agent-runner-${layer}/`));
}

/** The action's own requests among them, as `manifests` or `blobs` with the status. */
export function asked(registry: Registry, layer: "desktop" | "env" = "env"): [string, number][] {
  return about(registry, layer)
    .filter(({ userAgent }) => userAgent === "agent-runner")
    .map(({ path, status }) => [path.split("/").at(-2) ?? "", status]);
}

/** Requests that change something in the registry. */
export function writes({ requests }: Registry): RecordedRequest[] {
  return requests.filter(({ method }) => /^(?:PUT|POST|PATCH|DELETE)$/.test(method));
}

/** The digests of the blobs whose bytes were sent, in the order they were complete. */
export function uploads(registry: Registry): string[] {
  return writes(registry).flatMap(({ method, path }) => {
    const digest = new URL(path, "http://registry").searchParams.get("digest");
    return method === "PUT" && digest !== null ? [digest] : [];
  });
}

export const types = {
  manifest: "application/vnd.docker.distribution.manifest.v2+json",
  index: "application/vnd.docker.distribution.manifest.list.v2+json",
};

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}
export interface ManifestJson {
  schemaVersion: number;
  mediaType: string;
  config: Descriptor;
  layers: Descriptor[];
}

/** Talks to the registry itself, not recorded and never faulty. */
export function registryApi({ direct }: Registry, user?: typeof account) {
  const authorization = user && `Basic ${btoa(`${user.username}:${user.password}`)}`;
  const ask = async (path: string, init: RequestInit = {}) =>
    fetch(path.startsWith("http") ? path : `http://${direct}/v2/${path}`, {
      ...init,
      headers: { ...init.headers, ...(authorization ? { authorization } : {}) },
    });
  const need = async (path: string, init?: RequestInit) => {
    const answer = await ask(path, init);
    if (!answer.ok) throw new Error(`${answer.status} for ${path}: ${await answer.text()}`);
    return answer;
  };
  const accept = Object.values(types).join(", ");
  return {
    /** The digest behind a tag; undefined where there is none. */
    digestOf: async (repository: string, tag: string) => {
      const answer = await ask(`${repository}/manifests/${tag}`, { headers: { accept } });
      return answer.ok ? (answer.headers.get("docker-content-digest") ?? undefined) : undefined;
    },
    manifest: async (repository: string, tag: string) => {
      const answer = await need(`${repository}/manifests/${tag}`, { headers: { accept } });
      return (await answer.json()) as ManifestJson;
    },
    blob: async (repository: string, digest: string) =>
      (await need(`${repository}/blobs/${digest}`)).text(),
    /** Answers the digest. */
    putManifest: async (repository: string, tag: string, json: object, type = types.manifest) => {
      const body = JSON.stringify(json);
      const headers = { "content-type": type };
      await need(`${repository}/manifests/${tag}`, { method: "PUT", body, headers });
      return { mediaType: type, digest: sha256(body), size: Buffer.byteLength(body) };
    },
    putBlob: async (repository: string, body: string) => {
      const started = await need(`${repository}/blobs/uploads/`, { method: "POST" });
      const place = new URL(started.headers.get("location") ?? "", `http://${direct}`);
      place.searchParams.set("digest", sha256(body));
      const headers = { "content-type": "application/octet-stream" };
      await need(place.href, { method: "PUT", body, headers });
      return { digest: sha256(body), size: Buffer.byteLength(body) };
    },
  };
}

export function sha256(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

export interface SpanEntry {
  name: string;
  start: number;
  end: number;
}

/** The `timings` output, and the one span of a name in it. */
export function spans(result: Ran): SpanEntry[] {
  return JSON.parse(result.outputs.timings ?? "[]") as SpanEntry[];
}

export function span(result: Ran, name: string): SpanEntry {
  const found = spans(result).find((entry) => entry.name === name);
  if (!found) throw new Error(`no span ${name} in ${result.outputs.timings}\n${result.stdout}`);
  return found;
}

/** What the registry has under a layer's key, as the `layers` output says; newer than its type here. */
export function published(result: Ran, name: string): string {
  const found = result.layers.find((entry) => entry.name === name);
  return (found as { published?: string } | undefined)?.published ?? "";
}
