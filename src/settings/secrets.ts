import type { Job } from "./load.ts";

/** The values that a job has only as secrets; its own token is not among them, since the runner masks that already. */
export function secretValues({ settings, secrets }: Job): readonly string[] {
  const password = settings["registry-password"];
  return [...secrets.map(({ value }) => value), ...(password === undefined ? [] : [password])];
}
