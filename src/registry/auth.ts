import { z } from "zod";
import { parseJson } from "../log/json.ts";
import type { Place } from "./address.ts";
import type { Budget } from "./budget.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { Credentials } from "./credentials.ts";
import { isLoopback } from "./loopback.ts";
import { withinBudget } from "./retries.ts";
import { type Answer, fetchSmall, type Question, refusal } from "./transport.ts";
import { RegistryTrouble } from "./trouble.ts";

/** Who to be where; undefined is nobody, which suffices for public images. */
export type CredentialsFor = (
  registry: string,
  repository: string,
) => Promise<Credentials | undefined>;

/**
 * Asks a registry, and when it wants to know who asks (401), logs in once and asks again. What it gave
 * for the login is kept for the next question about the repository.
 *
 * @param budget spent by the login, which ends with it
 * @param send one question, with this `Authorization` header
 * @returns the last answer, which is the 401 where there is nothing to log in with
 * @throws RegistryTrouble (`unreachable`) when the token service cannot be asked
 */
export type Ask = <T extends Answer>(
  place: Place,
  budget: Budget,
  send: (authorization: string | undefined) => Promise<T>,
) => Promise<T>;

export function askWithLogin(credentials: CredentialsFor): Ask {
  const logins = new Map<string, Promise<string | undefined>>();
  return async (place, budget, send) => {
    const first = await send(await logins.get(place.url));
    const challenge =
      // from where a redirect led, a question for the login is none of the registry's
      first.status === 401 && first.own
        ? choose(first.headers["www-authenticate"], place)
        : undefined;
    if (challenge === undefined) {
      return first;
    }
    const login = withinBudget(budget, place.registry, async (deadline) =>
      logIn(challenge, place, await credentials(place.registry, place.repository), deadline),
    );
    logins.set(
      place.url,
      login.catch(() => undefined),
    );
    const authorization = await login;
    // without an answer to the challenge, asking again would only be told the same
    return authorization === undefined ? first : send(authorization);
  };
}

/** The best way in of those that are spoken here: Bearer, as Docker has it, or else Basic. */
function choose(header: string | undefined, place: Place): Challenge | undefined {
  const all = parseChallenges(header);
  return (
    all.find(
      ({ scheme, parameters }) => scheme === "bearer" && isSafe(parameters.get("realm"), place),
    ) ?? all.find(({ scheme }) => scheme === "basic")
  );
}

/** Credentials go over TLS, or stay on this machine, or go where the engine itself speaks plain HTTP. */
function isSafe(realm = "", { url }: Place): boolean {
  if (!URL.canParse(realm)) {
    return false;
  }
  const { protocol, hostname } = new URL(realm);
  const here = new URL(url);
  const isPlain = isLoopback(hostname) || (here.protocol === "http:" && here.hostname === hostname);
  return protocol === "https:" || (protocol === "http:" && isPlain);
}

/** The `Authorization` header that answers a challenge; undefined where there is nothing to answer with. */
async function logIn(
  { scheme, parameters }: Challenge,
  { registry, repository, trust }: Place,
  credentials: Credentials | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (scheme === "basic") {
    return credentials !== undefined && "username" in credentials ? basic(credentials) : undefined;
  }
  const scope = parameters.get("scope") || `repository:${repository}:pull`;
  try {
    const token = await requestToken(
      new URL(parameters.get("realm") ?? ""),
      { service: parameters.get("service") ?? "", scope },
      credentials,
      { signal, trust },
    );
    return token && `Bearer ${token}`;
  } catch (error) {
    if (!(error instanceof RegistryTrouble)) {
      throw error;
    }
    const what = `the token service of ${registry} failed: ${error.message}`;
    throw new RegistryTrouble("unreachable", what, error);
  }
}

const tokenSchema = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
});

/** Undefined when it is refused: the registry's own 401 is then what the user sees. */
async function requestToken(
  realm: URL,
  { service, scope }: { service: string; scope: string },
  credentials: Credentials | undefined,
  how: Pick<Question, "signal" | "trust">,
): Promise<string | undefined> {
  let question: Question;
  if (credentials !== undefined && "identityToken" in credentials) {
    const { identityToken } = credentials;
    const form = { grant_type: "refresh_token", refresh_token: identityToken, service, scope };
    question = { form: { ...form, client_id: "agent-runner" } };
  } else {
    realm.searchParams.set("service", service);
    // one parameter for each, as the token specification says
    for (const one of scope.split(" ")) {
      realm.searchParams.append("scope", one);
    }
    question = { authorization: credentials && basic(credentials) };
  }
  const answer = await fetchSmall(realm.href, { ...question, ...how });
  if (answer.status !== 200) {
    const trouble = refusal(answer, realm.href);
    if (trouble.transient) {
      throw trouble;
    }
    return undefined;
  }
  const { data } = tokenSchema.safeParse(parseJson(answer.body.toString("utf8")));
  return data?.token || data?.access_token;
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
