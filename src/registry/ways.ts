import type { Reference } from "../keys/reference.ts";
import { type Place, placeOf } from "./address.ts";
import { type AskEngine, type EngineRegistries, isInsecure } from "./engine-registries.ts";
import { isLoopback } from "./loopback.ts";
import type { Answer } from "./transport.ts";
import { RegistryTrouble } from "./trouble.ts";
import { type Trust, trustFor } from "./trust.ts";

/** What `docker pull` knows of registries besides logins. */
export interface DockersWays {
  /** Asked when a registry cannot be had in the usual way, and not before. */
  readonly askEngine: AskEngine;
  /** Folders like `/etc/docker/certs.d`. */
  readonly certificates: readonly string[];
}

/**
 * Asks for an image where it can be had: in the usual way, or else as the engine does, which knows mirrors of Docker
 * Hub and registries that need no trusted certificate. What led to an answer is the first way of the next question.
 *
 * @param attempt one question at one place
 * @returns the first answer that is one, or else the usual place's
 * @throws RegistryTrouble of the usual place, besides what an attempt throws
 */
export type Reach = <T extends Answer>(
  image: Reference,
  attempt: (place: Place) => Promise<T>,
) => Promise<T>;

/** From the usual place to the one to be asked. */
type Way = (home: Place) => Place;

/** Where Docker Hub has its API. */
const hub = "registry-1.docker.io";

/** So ends plain HTTP with a server that speaks TLS. */
const wrongScheme = /ECONNRESET|EPIPE|HPE_|socket hang up/;

export function reachRegistries({ askEngine, certificates }: DockersWays): Reach {
  const chosen = new Map<string, Way>();
  const trusts = new Map<string, Promise<Trust | undefined>>();
  const trust = (host: string) => {
    const known = trusts.get(host) ?? trustFor(host, certificates);
    trusts.set(host, known);
    return known;
  };

  /** The ways besides the usual one. */
  const otherWays = async (home: Place, said: EngineRegistries): Promise<readonly Way[]> => {
    if (home.registry === "docker.io") {
      const mirrors = said.mirrors.filter((one) => /^https?:\/\//.test(one) && URL.canParse(one));
      return Promise.all(mirrors.map((one) => mirror(one, said, trust)));
    }
    if (!(await isInsecure(home.registry, said))) {
      return [];
    }
    const own = await trust(home.registry);
    return [unverified(own), plain];
  };

  return async (image, attempt) => {
    const home = placeOf(image);
    // as the reference has it: of an address the usual port would be left out
    const own = await trust(home.registry === "docker.io" ? hub : home.registry);
    const [usual, ...more]: readonly [Way, ...Way[]] = !home.url.startsWith("http:")
      ? [trusted(own)]
      : own === undefined
        ? [plain, unverified(own)]
        : [unverified(own), plain];
    const tried = chosen.get(home.registry);
    if (tried !== undefined) {
      const again = await settle(attempt, tried(home));
      // of Docker Hub's mirrors one may have what the other has not
      if (again.answered || home.registry !== "docker.io") {
        return unwrap(again);
      }
    }
    const first = await settle(attempt, usual(home));
    if (first.answered || (more.length > 0 && !first.wrongScheme)) {
      return unwrap(first);
    }
    const said = more.length > 0 ? undefined : await askEngine();
    const ways = said === undefined ? more : await otherWays(home, said);
    for (const way of ways) {
      const next = await settle(attempt, way(home));
      if (next.answered) {
        chosen.set(home.registry, way);
        return unwrap(next);
      }
    }
    return unwrap(first);
  };
}

interface Settled<T> {
  readonly answered: boolean;
  readonly wrongScheme: boolean;
  readonly answer?: T;
  readonly trouble?: RegistryTrouble;
}

async function settle<T extends Answer>(
  attempt: (place: Place) => Promise<T>,
  place: Place,
): Promise<Settled<T>> {
  try {
    const answer = await attempt(place);
    const wrong = answer.status === 400 && place.url.startsWith("http:");
    return { answered: !wrong && isAnswer(answer.status, place), wrongScheme: wrong, answer };
  } catch (error) {
    if (!(error instanceof RegistryTrouble) || error.kind !== "unreachable") {
      throw error;
    }
    const { message } = error;
    const wrong = place.url.startsWith("https:") || wrongScheme.test(message);
    return { answered: false, wrongScheme: wrong, trouble: error };
  }
}

/** Of Docker Hub's images a mirror may have what that refuses or knows nothing of; of others the registry has the word. */
function isAnswer(status: number, { registry, isMirror }: Place): boolean {
  return status < 300 || (!isMirror && registry !== "docker.io");
}

function unwrap<T>({ answer, trouble }: Settled<T>): T {
  if (trouble !== undefined) {
    throw trouble;
  }
  return answer as T;
}

const trusted =
  (trust: Trust | undefined): Way =>
  (home) => ({ ...home, trust });

const unverified =
  (trust: Trust | undefined): Way =>
  (home) => ({
    ...home,
    url: home.url.replace(/^http:/, "https:"),
    trust: { ...trust, rejectUnauthorized: false },
  });

const plain: Way = (home) => ({ ...home, url: home.url.replace(/^https:/, "http:") });

/** The way over a mirror, which gets no login but its own. */
async function mirror(
  address: string,
  said: EngineRegistries,
  trustOf: (host: string) => Promise<Trust | undefined>,
): Promise<Way> {
  const { host, hostname, origin, pathname } = new URL(address);
  const base = `${origin}${pathname.replace(/\/+$/, "")}/v2/`;
  const lax = isLoopback(hostname) || (await isInsecure(host, said));
  const own = await trustOf(host);
  const trust: Trust | undefined = lax ? { ...own, rejectUnauthorized: false } : own;
  return ({ repository }) => ({
    registry: host,
    repository,
    url: `${base}${repository}`,
    trust,
    isMirror: true,
  });
}
