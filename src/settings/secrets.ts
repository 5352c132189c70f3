import type { Job } from "./load.ts";
import { proxySecrets } from "./proxies.ts";
import type { RawSettings } from "./raw.ts";

/** The runner's own tokens: whoever has them can act as the job. */
const runnersTokens = ["ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"];

/** The secrets that are known before anything is read or checked, so that no message about that can have them. */
export function firstSecrets(
  given: RawSettings,
  stepEnvironment: NodeJS.ProcessEnv,
): readonly string[] {
  const { "github-token": token, "registry-password": password } = given;
  const tokens = runnersTokens.map((name) => stepEnvironment[name]);
  const proxies = proxySecrets(stepEnvironment);
  return [...tokens, ...proxies, token?.value, password?.value].filter(
    (value) => value !== undefined,
  );
}

/** All values of a job that are secret. */
export function secretValues(job: Job): readonly string[] {
  const { settings, secrets, environment, secretNames } = job;
  const password = settings["registry-password"];
  return [
    ...secrets.map(({ value }) => value),
    ...[...secretNames].flatMap((name) => environment.get(name) ?? []),
    ...[settings["github-token"], password].filter((value) => value !== undefined),
    ...(password === undefined ? [] : loginSecrets(settings["registry-username"] ?? "", password)),
  ];
}

/** A login as it is sent: the password, and what a request has in base64. */
export function loginSecrets(username: string, password: string): readonly string[] {
  return [password, `${username}:${password}`];
}
