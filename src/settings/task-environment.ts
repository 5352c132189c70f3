import { isRunnersOwn } from "./runners-own.ts";

/** The values of `env`, and what is wrong with or odd about its lines. */
export interface TaskEnvironment {
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Reads the lines `NAME=value` and `NAME` (the step's own value, which may have several lines). */
export function readTaskEnvironment(
  lines: string,
  stepEnvironment: NodeJS.ProcessEnv,
): TaskEnvironment {
  const values = new Map<string, string>();
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const [index, text] of lines.split("\n").entries()) {
    const line = text.trim();
    if (line === "") {
      continue;
    }
    const [, name = "", value] = /^([A-Za-z_][A-Za-z0-9_]*)(?:=(.*))?$/.exec(line) ?? [];
    if (name === "") {
      // never the line itself: it may be part of a secret
      problems.push(
        `env: line ${index + 1} is neither \`NAME=value\` nor \`NAME\`. A value of several lines goes into the step's own \`env:\`, and only its name into this setting`,
      );
      continue;
    }
    if (isRunnersOwn(name)) {
      problems.push(`env: ${name} belongs to the runner and never enters the container`);
      continue;
    }
    const found = value ?? stepEnvironment[name];
    if (found === undefined) {
      warnings.push(`env: ${name} is not set in this step, so the task does not have it either`);
    } else if (found.includes("\0")) {
      problems.push(`env: ${name} has a NUL byte, which no environment can hold`);
    } else {
      values.set(name, found);
    }
  }
  return { values, problems, warnings };
}
