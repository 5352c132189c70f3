import { sha256 } from "../keys/hash.ts";
import { nameOf, type Reference } from "../keys/reference.ts";
import { parseJson } from "../log/json.ts";
import { placeOf } from "./address.ts";
import { askWithLogin, type CredentialsFor } from "./auth.ts";
import { type BlobClient, blobClient } from "./blobs.ts";
import type { Budget } from "./budget.ts";
import { acceptedManifests } from "./documents.ts";
import { withRetries } from "./retries.ts";
import { fetchSmall, refusal } from "./transport.ts";
import { RegistryTrouble } from "./trouble.ts";
import { type DockersWays, reachRegistries } from "./ways.ts";

/** A document from a registry, its bytes checked against its digest. */
export interface Document {
  readonly digest: string;
  readonly mediaType: string;
  readonly json: unknown;
}

/** Reads small documents (manifests, indexes, configs) by the OCI distribution protocol. */
export interface RegistryClient {
  /**
   * @param budget instead of the one shared by the run, for a question that is not worth waiting for
   * @throws RegistryTrouble
   */
  manifest(image: Reference, tagOrDigest: string, budget?: Budget): Promise<Document>;
  /** A config blob. @throws RegistryTrouble */
  config(image: Reference, digest: string, budget?: Budget): Promise<Document>;
}

export interface ClientOptions {
  readonly credentials: CredentialsFor;
  /** Shared by all requests of a run: a cold start is never delayed by more than this. */
  readonly budget: Budget;
  /** How else a registry can be reached; nobody is asked unless given. */
  readonly ways?: DockersWays;
}

const usualWays: DockersWays = { askEngine: async () => undefined, certificates: [] };

export function registryClient(options: ClientOptions): RegistryClient & BlobClient {
  const ask = askWithLogin(options.credentials);
  const reach = reachRegistries(options.ways ?? usualWays);

  const get = (
    image: Reference,
    path: string,
    accept: string,
    budget = options.budget,
  ): Promise<Document> => {
    return withRetries(budget, new URL(placeOf(image).url).host, async (signal) => {
      const { url, ...answer } = await reach(image, async (place) => {
        signal.throwIfAborted();
        const { trust } = place;
        const url = `${place.url}/${path}`;
        const got = await ask(place, budget, (authorization) =>
          fetchSmall(url, { headers: { accept }, authorization, signal, trust }),
        );
        return { ...got, url };
      });
      if (answer.status !== 200) {
        throw refusal(answer, url);
      }
      const json = parseJson(answer.body.toString("utf8"));
      if (json === undefined) {
        const what = `${refusal(answer, url).message}, which is not JSON`;
        throw new RegistryTrouble("invalid", what);
      }
      const mediaType = answer.headers["content-type"] ?? "";
      return { digest: `sha256:${sha256(answer.body)}`, mediaType, json };
    });
  };

  return {
    async manifest(image, tagOrDigest, budget) {
      const found = await get(image, `manifests/${tagOrDigest}`, acceptedManifests, budget);
      return tagOrDigest.startsWith("sha256:") ? mustBe(tagOrDigest, found, image) : found;
    },
    async config(image, digest, budget) {
      return mustBe(digest, await get(image, `blobs/${digest}`, "*/*", budget), image);
    },
    ...blobClient(ask, reach, options.budget),
  };
}

function mustBe(digest: string, found: Document, image: Reference): Document {
  if (found.digest !== digest) {
    throw new RegistryTrouble(
      "invalid",
      `${nameOf(image)}: asked for ${digest}, got bytes of ${found.digest}`,
    );
  }
  return found;
}
