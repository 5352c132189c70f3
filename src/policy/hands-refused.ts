import type { Unread } from "../github/checked.ts";
import { oneLine } from "../log/text.ts";

/** What was asked of GitHub when it refused. */
export type HandsStep = "read" | "write" | "branch" | "pull request";

/** Whose answer it is about. */
export interface Refused {
  readonly step: HandsStep;
  /** The branch that was to have the commit. */
  readonly branch: string;
  /** The commit, once it is written. */
  readonly sha?: string | undefined;
}

type Row = readonly [says: RegExp, sentence: (facts: Refused) => string];

/** What GitHub says, in the words that are known, and what to do. The first that fits. */
const rows: readonly Row[] = [
  [
    /not permitted to create or approve pull requests/i,
    () =>
      'GitHub Actions may not create pull requests here: the settings of the repository, or its organization, have "Allow GitHub Actions to create and approve pull requests" below Actions, General. Turn it on, or give the `github-token` of an app',
  ],
  [/archived/i, () => "the repository is archived, and takes no changes"],
  [
    /rate limit|abuse detection/i,
    () => "GitHub takes no more requests of this token for now; run it again later",
  ],
  [
    /fast.?forward|is at \S+ but expected/i,
    ({ branch }) => `\`${branch}\` has moved on meanwhile; ask again, and it starts from there`,
  ],
  [
    /\bworkflows?\b.*\bpermission|refusing to allow/i,
    () =>
      "the `github-token` may not write workflows; give one of an app or a person that has `workflows: write`",
  ],
  [
    /protected branch|rule violation|ruleset|push declined|required status check|verified signature/i,
    ({ branch }) =>
      `\`${branch}\` is protected against it; use \`changes: pull-request\`, or let the token's account pass its rules`,
  ],
];

const needs: Readonly<Record<HandsStep, string>> = {
  read: "contents: read",
  write: "contents: write",
  branch: "contents: write",
  "pull request": "pull-requests: write",
};

/** Why it did not come to that: a sentence without its full stop, with GitHub's own words. */
export function whyRefused({ status, why }: Unread, facts: Refused): string {
  const said = oneLine(why, 300);
  const known = status === undefined ? undefined : rows.find(([says]) => says.test(said));
  if (known !== undefined) {
    return `${known[1](facts)} (${said})`;
  }
  if (status === 401 || status === 403 || (status === 404 && facts.step !== "read")) {
    return `${said}. The \`github-token\` needs \`${needs[facts.step]}\``;
  }
  if (status === 404) {
    return `\`${facts.branch}\` is not there any more, or the \`github-token\` may not see it (${said})`;
  }
  // it may have been done all the same
  const perhaps =
    status === undefined && facts.sha !== undefined
      ? `. Whether it has been done is not known: the commit is ${facts.sha}`
      : "";
  return `${said}${perhaps}`;
}
