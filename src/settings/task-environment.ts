import { jobFacts } from "./job-facts.ts";
import { isRunnersOwn, variableOf } from "./runners-own.ts";

/** The values of `env`, and what is wrong with or odd about its lines. */
export interface TaskEnvironment {
  readonly values: ReadonlyMap<string, string>;
  /** Those of its names whose values are secret. */
  readonly secret: ReadonlySet<string>;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** What every job has, and anybody may know. */
const facts = new Set<string>([...jobFacts, "GITHUB_WORKSPACE", "HOME", "PATH", "LANG", "TZ"]);
const secretName = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH(?!OR)|(?:^|_)PAT(?:_|$)/;
/** An address with a password, whatever it is called: `postgres://user:password@host/name`. */
const secretAddress = /^[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/@:]*:[^\s/@]+@/i;

/**
 * Reads the lines `NAME=value` and `NAME` (the step's own value, which may have several lines). A value that came by
 * name is a secret, since that is how secrets are given; one that stands in the line itself only where its name says so,
 * or it is an address with a password.
 *
 * @param mask what the user says of a name
 */
export function readTaskEnvironment(
  lines: string,
  stepEnvironment: NodeJS.ProcessEnv,
  mask: ReadonlyMap<string, boolean> = new Map(),
): TaskEnvironment {
  const values = new Map<string, string>();
  const secret = new Set<string>();
  const named = new Set<string>();
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
    named.add(name);
    const found = value ?? variableOf(stepEnvironment, name);
    if (found === undefined) {
      warnings.push(`env: ${name} is not set in this step, so the task does not have it either`);
    } else if (found.includes("\0")) {
      problems.push(`env: ${name} has a NUL byte, which no environment can hold`);
    } else {
      if (found === "" && value === undefined) {
        warnings.push(
          `env: ${name} is empty in this step; if it is to be a secret, there is none of that name, or this event gets none`,
        );
      }
      values.set(name, found);
      const isSaid = secretName.test(name.toUpperCase()) || secretAddress.test(found);
      const usual = value === undefined ? !facts.has(name) : isSaid;
      secret[(mask.get(name) ?? usual) ? "add" : "delete"](name);
    }
  }
  for (const name of mask.keys()) {
    if (!named.has(name)) {
      problems.push(
        `mask: ${name} is not in \`env\`, and only values of \`env\` can be named here`,
      );
    }
  }
  return { values, secret, problems, warnings };
}
