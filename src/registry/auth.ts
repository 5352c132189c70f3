import type { HttpClient } from "@actions/http-client";
import { z } from "zod";
import type { Credentials } from "./credentials.ts";
import { isLoopback } from "./loopback.ts";

/** What a registry's 401 asks for (`WWW-Authenticate`). */
export interface Challenge {
  readonly scheme: "basic" | "bearer";
  readonly realm: string | undefined;
  readonly service: string | undefined;
}

/** Reads a challenge; undefined for a scheme that is not spoken here. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  const [, scheme, parameters = ""] = /^(basic|bearer)\b(.*)$/i.exec(header ?? "") ?? [];
  if (scheme === undefined) {
    return undefined;
  }
  const parameter = (name: string) => new RegExp(`\\b${name}="([^"]*)"`, "i").exec(parameters)?.[1];
  return {
    scheme: scheme.toLowerCase() as "basic" | "bearer",
    realm: parameter("realm"),
    service: parameter("service"),
  };
}

const tokenSchema = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
});

/**
 * The `Authorization` header that answers a challenge; undefined where there is nothing to answer
 * with, so that the registry's own refusal is what the user sees.
 */
export async function authorize(
  http: HttpClient,
  challenge: Challenge,
  repository: string,
  credentials: Credentials | undefined,
): Promise<string | undefined> {
  if (challenge.scheme === "basic") {
    return credentials !== undefined && "username" in credentials ? basic(credentials) : undefined;
  }
  if (challenge.realm === undefined || !isSafeRealm(challenge.realm)) {
    return undefined;
  }
  const scope = `repository:${repository}:pull`;
  const url = new URL(challenge.realm);
  const service = challenge.service ?? "";
  const response =
    credentials !== undefined && "identityToken" in credentials
      ? await http.post(
          url.href,
          new URLSearchParams({
            grant_type: "refresh_token",
            refresh_token: credentials.identityToken,
            client_id: "agent-runner",
            service,
            scope,
          }).toString(),
          { "content-type": "application/x-www-form-urlencoded" },
        )
      : await http.get(
          withQuery(url, { service, scope }),
          credentials === undefined ? {} : { authorization: basic(credentials) },
        );
  if (response.message.statusCode !== 200) {
    response.message.resume();
    return undefined;
  }
  const read = tokenSchema.safeParse(parseJson(await response.readBody()));
  const token = read.success ? (read.data.token ?? read.data.access_token) : undefined;
  return token === undefined ? undefined : `Bearer ${token}`;
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** Credentials go over TLS, or stay on this machine. */
function isSafeRealm(realm: string): boolean {
  if (!URL.canParse(realm)) {
    return false;
  }
  const { protocol, hostname } = new URL(realm);
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}

function withQuery(url: URL, parameters: Record<string, string>): string {
  for (const [name, value] of Object.entries(parameters)) {
    url.searchParams.set(name, value);
  }
  return url.href;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
