/** At most this much of what the agent wrote to `$AGENT_OUTPUT` is read: 1 MiB, as for a step's own outputs. */
export const maxOutputBytes = 1024 * 1024;

/** They go into the summary, one by one. */
const shownProblems = 10;

/** What the agent set, and what could not be understood. */
export interface AgentOutputs {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/**
 * Reads what the agent wrote to its output file, in the form people know from `$GITHUB_OUTPUT`:
 * `name=value` a line, or `name<<DELIMITER`, lines, `DELIMITER`. It is data and stays data: nothing
 * of it reaches the runner's own files.
 */
export function parseAgentOutput(text: string): AgentOutputs {
  const values = new Map<string, string>();
  const problems: string[] = [];
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] as string;
    if (line.trim() === "") {
      continue;
    }
    const [, name = "", operator, rest = ""] =
      /^([A-Za-z_][\w-]{0,99})(=|<<)(.*)$/s.exec(line) ?? [];
    if (operator === undefined) {
      problems.push(`line ${index + 1} is neither name=value nor name<<DELIMITER`);
    } else if (operator === "=") {
      values.set(name, rest);
    } else {
      const end = lines.indexOf(rest, index + 1);
      if (rest === "" || end === -1) {
        problems.push(`line ${index + 1}: the value of ${name} has no end`);
        break;
      }
      values.set(name, lines.slice(index + 1, end).join("\n"));
      index = end;
    }
  }
  const more = problems.length - shownProblems;
  return {
    values: Object.fromEntries(values),
    problems:
      more > 0 ? [...problems.slice(0, shownProblems), `and ${more} more such lines`] : problems,
  };
}
