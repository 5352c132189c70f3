import type { ApiProblem } from "../agents/agent.ts";
import { type AgentName, agents } from "../agents/agents.ts";
import { oneLine } from "../log/text.ts";
import { schemaOf } from "../settings/agent-files.ts";
import type { AgentRun } from "./agent-stream.ts";

/** A message is one line, and no longer than this. */
const maxMessage = 299;

/** What to do about trouble with a model's API. */
function advice(kind: ApiProblem["kind"], key: string): string {
  switch (kind) {
    case "wrong key":
      return `check the secret that is given as ${key}`;
    case "no credit":
      return "add credit to the account, or use another key";
    case "rate limit":
      return "run it again later, or fewer agents at once";
    case "overloaded":
      return "run it again later";
    case "connection":
      return "check the network and the proxy, and run it again";
    default:
      return "the transcript has all it said";
  }
}

/** Why an agent failed, in one line with what to do; undefined where its stream does not say. Pure. */
export function whyAgentFailed(
  agent: AgentName,
  run: AgentRun | undefined,
  environment: ReadonlyMap<string, string>,
): string | undefined {
  const { problem, failed } = run ?? {};
  const { keys } = agents[agent];
  const key = keys.find((name) => environment.has(name)) ?? (keys[0] as string);
  if (problem !== undefined) {
    const said = oneLine(problem.message, Number.POSITIVE_INFINITY);
    const tell = (words: string) =>
      `${agent}: ${problem.kind} (${words}); ${advice(problem.kind, key)}`;
    const room = maxMessage - tell("").length;
    return tell(said.length > room ? `${said.slice(0, room - 1)}…` : said);
  }
  return failed === undefined ? undefined : `${agent} failed: ${oneLine(failed, maxMessage - 30)}`;
}

/**
 * What to say of a run that cost more than it may and went on to its end, undefined where it did not: its tool should have
 * ended it. Pure.
 *
 * @param limit US dollars
 */
export function whyTooDear(run: AgentRun | undefined, limit: number): string | undefined {
  const cost = run?.usage?.cost;
  return cost === undefined || cost <= limit || run?.failed !== undefined
    ? undefined
    : `the agent's run cost $${cost.toFixed(4)}, and \`agent-max-cost\` is ${limit}: its tool did not end it`;
}

/** What is wrong with an answer; undefined when it is what its JSON Schema says. Pure. */
export function whatIsWrongWithAnswer(answer: unknown, schema: string): string | undefined {
  if (answer === undefined) {
    return "there is none";
  }
  const checked = schemaOf(schema).safeParse(answer);
  if (checked.success) {
    return undefined;
  }
  const [first] = checked.error.issues;
  const where = first?.path.join(".") ?? "";
  return `${where === "" ? "" : `${where}: `}${first?.message ?? "it does not match"}`;
}
