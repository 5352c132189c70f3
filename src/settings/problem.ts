/** One thing that is wrong with the input, in words for the person who wrote it. */
export interface Problem {
  /** What happened, what it was about, what is allowed. */
  readonly message: string;
  /** The file it stands in, relative to the workspace, for an annotation. */
  readonly file?: string | undefined;
  /** 1-based. */
  readonly line?: number | undefined;
}

/** The input cannot be used. All its problems are here at once; nothing has been started. */
export class BadInput extends Error {
  readonly problems: readonly Problem[];
  /** What may explain a problem: a setting that is missing was ignored. */
  readonly warnings: readonly string[];

  constructor(problems: readonly Problem[], warnings: readonly string[] = []) {
    super(problems.map((problem) => problem.message).join("\n"));
    this.problems = problems;
    this.warnings = warnings;
  }
}

/** A user's value in a message: on one line, quoted, cut to 80 characters. */
export function quote(value: string): string {
  const line = JSON.stringify(value).slice(1, -1);
  return `"${line.length > 80 ? `${line.slice(0, 79)}…` : line}"`;
}
