import type { GitHubEvent } from "../github/event.ts";
import { trustIn } from "./trust.ts";

export interface PushDecision {
  readonly push: boolean;
  /** Why not, for the one notice about it; undefined when nobody asked for a push. */
  readonly why: string | undefined;
}

/** Whether images built in this run are pushed. Pure. */
export function decidePush(
  setting: "auto" | "always" | "never",
  registry: string | undefined,
  event: GitHubEvent | undefined,
): PushDecision {
  if (registry === undefined || setting === "never") {
    return { push: false, why: undefined };
  }
  if (setting === "always") {
    return { push: true, why: undefined };
  }
  if (event === undefined) {
    return { push: false, why: "outside of GitHub Actions only `push: always` pushes" };
  }
  const { trusted, why } = trustIn(event);
  return trusted ? { push: true, why: undefined } : { push: false, why };
}
