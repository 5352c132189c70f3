import { Readable } from "node:stream";
import type { RegistryLogin } from "../registry/docker-config.ts";
import type { Docker } from "./cli.ts";
import { refusalOf, runWithin } from "./limits.ts";
import { transportFlags } from "./program.ts";

/** A login took too long: the registry hangs. */
const loginMs = 20_000;

/** Logs in, the password on standard input. Answers what went wrong, or undefined. */
export async function logIn(cli: Docker, login: RegistryLogin): Promise<string | undefined> {
  const { username, host } = login;
  const flags = ["--username", username, "--password-stdin", ...transportFlags(cli, host)];
  const argv = ["login", ...flags, host];
  const input = Readable.from([login.password]);
  const refused = refusalOf(await runWithin(cli, argv, { limitMs: loginMs, input }));
  return refused && `the login at ${host} as ${username} failed: ${refused.reason}`;
}
