import type { RegistryClient } from "../../../src/registry/client.ts";
import { RegistryTrouble, type TroubleKind } from "../../../src/registry/trouble.ts";

export interface FakeRegistry extends RegistryClient {
  /** `manifests/<tag or digest>` and `blobs/<digest>`, in the order they were asked for. */
  readonly asked: string[];
}

type Documents = Record<string, { digest: string; json: unknown }>;

/** A registry that has these documents; all else is 404. */
export function fakeRegistry(documents: Documents): FakeRegistry {
  const asked: string[] = [];
  const get = async (path: string) => {
    asked.push(path);
    const found = documents[path];
    if (found === undefined) throw new RegistryTrouble("absent", `404 for ${path}`);
    return { ...found, mediaType: "" };
  };
  return {
    asked,
    manifest: (_image, wanted) => get(`manifests/${wanted}`),
    config: (_image, digest) => get(`blobs/${digest}`),
  };
}

/** A registry that gives nothing. */
export function refused(kind: TroubleKind): FakeRegistry {
  const asked: string[] = [];
  const refuse = async (path: string): Promise<never> => {
    asked.push(path);
    throw new RegistryTrouble(kind, `the registry is ${kind}`);
  };
  return {
    asked,
    manifest: (_image, wanted) => refuse(`manifests/${wanted}`),
    config: (_image, digest) => refuse(`blobs/${digest}`),
  };
}
