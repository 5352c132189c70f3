/** What on GitHub somebody asked with: where the answer belongs. */
export type Asked =
  | { readonly kind: "issue-comment"; readonly id: number }
  | { readonly kind: "review-comment"; readonly id: number }
  | { readonly kind: "review"; readonly id: number }
  | { readonly kind: "issue" }
  | { readonly kind: "pull-request" }
  | { readonly kind: "label"; readonly name: string }
  | { readonly kind: "assignment"; readonly login: string };

/** A question to the agent, as the event has it: untrusted, and of the moment it was written. */
export interface Ask {
  readonly asked: Asked;
  /** Who asked, by login. */
  readonly by: string;
  /** Of the issue or pull request it was asked at. */
  readonly number: number;
  readonly isPullRequest: boolean;
  /** What is asked, without the phrase; empty for a label or an assignment. */
  readonly question: string;
  /** The whole text that it stands in, to be compared with what stands there now; undefined where there is none. */
  readonly text: string | undefined;
  /** When it was written, as GitHub says it: `2026-11-28T19:54:47Z`. */
  readonly at: string;
  /** The head's commit, where the event names it. */
  readonly head: string | undefined;
  /** The page it was asked on; undefined where the payload has none. */
  readonly url: string | undefined;
}
