import { secretValues } from "../settings/secrets.ts";
import type { ChangedFile } from "./changes/changed-file.ts";
import type { TaskResult } from "./ends.ts";
import type { TaskRequest } from "./request.ts";

/** Shorter values are words that stand in any text. */
const shortest = 8;
const secretName = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH/i;

/** Secrets that the run was given, longest first: one may be a part of another. Pure. */
export function secretsOf({ job }: TaskRequest): readonly string[] {
  const { settings, environment } = job;
  const values = [
    ...secretValues(job),
    ...[...environment].flatMap(([name, value]) => (secretName.test(name) ? [value] : [])),
    settings["github-token"] ?? "",
  ];
  return values
    .map((value) => value.trim())
    .filter((value) => value.length >= shortest)
    .toSorted((one, other) => other.length - one.length);
}

/**
 * The result as it leaves for the summary, a comment and the outputs. The runner masks secrets in the log alone, and
 * an agent may say one. Pure.
 */
export function redacted(result: TaskResult, secrets: readonly string[]): TaskResult {
  const clean = (text: string) => secrets.reduce((left, one) => left.replaceAll(one, "***"), text);
  const { failure, warnings, outputs, tail, agent, changes } = result;
  // what somebody said or named, and nothing that is a path or a word of ours
  const said = {
    failure: failure && { ...failure, message: clean(failure.message) },
    changes: changes && { ...changes, files: cleaned(changes.files, clean) as ChangedFile[] },
  };
  return { ...result, ...said, ...(cleaned({ warnings, outputs, tail, agent }, clean) as object) };
}

/** The same value with every text in it changed. */
function cleaned(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === "string") {
    return clean(value);
  }
  if (Array.isArray(value)) {
    return value.map((one) => cleaned(one, clean));
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, cleaned(one, clean)]),
    );
  }
  return value;
}
