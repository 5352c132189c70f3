import type { ApiProblem } from "./agent.ts";
import { apiProblem } from "./api-problem.ts";

/**
 * What OpenAI's API, GitHub's, and the two tools that speak to them say in words of their own. OpenAI
 * tells an empty account as a 429 about "your current quota", which elsewhere is a rate limit.
 */
const words: readonly (readonly [ApiProblem["kind"], RegExp])[] = [
  [
    "no credit",
    /exceeded your current quota|quota exceeded\. check your plan|insufficient_quota|out of (?:ai )?credits|no quota/i,
  ],
  [
    "wrong key",
    /401 unauthorized|authentication failed|no authentication information|bad credentials|access denied by policy|server-to-server tokens|personal access tokens \(ghp_\)|verify it is a user token/i,
  ],
  ["rate limit", /usage limit|429 too many requests/i],
  ["overloaded", /model is at capacity|server_is_overloaded|50[23] (?:bad gateway|service)/i],
  [
    "connection",
    /stream disconnected|error sending request|error decoding response|dns error|connection_error/i,
  ],
];

/** @param status the HTTP status, where the tool says it beside its words */
export function openaiProblem(said: string, status?: number): ApiProblem {
  const problem = apiProblem(said, status);
  const kind = words.find(([, pattern]) => pattern.test(said))?.[0] ?? problem.kind;
  return { ...problem, kind };
}
