/** A workflow of examples/workflows as GitHub reads it for an event: which jobs run, and what their steps are given. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { asText, type Contexts, evaluated, filledIn } from "./github/expressions.ts";

const FOLDER = join(import.meta.dirname, "../../examples/workflows");
const ACTION = "OWNER/agent-runner@v1";

interface Step {
  id?: string;
  if?: string;
  uses?: string;
  run?: string;
  env?: Record<string, unknown>;
  with?: Record<string, unknown>;
}
interface Workflow {
  on: Record<string, { types?: string[] } | null>;
  concurrency: { group: string; "cancel-in-progress": boolean | string };
  jobs: Record<string, { if?: string; permissions: Record<string, string>; steps: Step[] }>;
}

/** What this action's step is given. */
export interface Given {
  inputs: Record<string, string>;
  env: Record<string, string>;
}

export interface ExampleRun {
  /** Of the workflow's `concurrency`. */
  group: string;
  /** By job, of those whose `if` lets them run. */
  given: Record<string, Given>;
  /** The files that the job keeps as an artifact, by what this action's step has put out. */
  kept(job: string, outputs: Record<string, string>): string[];
}

/** The payload of an event, and what GitHub's other contexts say beside it. */
export interface Happened {
  name: string;
  payload: Record<string, unknown>;
  token?: string;
  secrets?: Record<string, string>;
}

export function readExample(file: string): Workflow {
  return parse(readFileSync(join(FOLDER, file), "utf8")) as Workflow;
}

/** Undefined where the workflow does not listen to the event or to what happened in it. */
export function runExample(file: string, happened: Happened): ExampleRun | undefined {
  const workflow = readExample(file);
  const { name, payload, token = "", secrets = {} } = happened;
  if (!(name in workflow.on)) return undefined;
  const types = workflow.on[name]?.types;
  if (types && !types.includes(asText(payload.action))) return undefined;
  const { repository, sender } = payload as {
    repository?: { full_name: string };
    sender?: { login: string };
  };
  const contexts: Contexts = {
    github: {
      event: payload,
      event_name: name,
      repository: repository?.full_name,
      actor: sender?.login,
      token,
      ref: "refs/heads/main",
      run_id: "1658821493",
    },
    secrets,
  };
  const fill = (values: Record<string, unknown> = {}) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key,
        asText(filledIn(asText(value), contexts)),
      ]),
    );
  const given: Record<string, Given> = {};
  for (const [job, { if: condition = "true", steps }] of Object.entries(workflow.jobs)) {
    const own = steps.find(({ uses }) => uses === ACTION);
    if (own === undefined || !evaluated(condition, contexts)) continue;
    given[job] = { inputs: fill(own.with), env: fill(own.env) };
  }
  return {
    group: asText(filledIn(workflow.concurrency.group, contexts)),
    given,
    kept: (job, outputs) => {
      const steps = workflow.jobs[job]?.steps ?? [];
      const upload = steps.find(({ uses }) => uses?.startsWith("actions/upload-artifact@"));
      const after = { ...contexts, steps: { agent: { outputs } } };
      if (!upload || !evaluated(upload.if ?? "true", after)) return [];
      return asText(filledIn(asText(upload.with?.path), after))
        .split("\n")
        .filter((line) => line !== "");
    },
  };
}
