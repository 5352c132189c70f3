import { z } from "zod";
import { authorSchema, checked, permissionHint } from "./checked.ts";
import type { Api } from "./client.ts";

/** What is known of an issue that somebody asks about. */
export interface Issue {
  readonly number: number;
  readonly title: string;
  /** Empty where there is none. */
  readonly body: string;
  readonly author: string;
  /** As it is now. */
  readonly state: "open" | "closed";
}

const issueSchema = z.object({
  number: z.number().int(),
  title: z.string(),
  body: z.string().nullish(),
  user: authorSchema,
  state: z.enum(["open", "closed"]),
});

/** Reads an issue; or says in a sentence why it cannot be read. */
export async function readIssue(api: Api, number: number): Promise<Issue | string> {
  const route = "GET /repos/{owner}/{repo}/issues/{issue_number}";
  const read = await checked(api, issueSchema, route, { issue_number: number });
  if (!("value" in read)) {
    return `Issue #${number} cannot be read: ${read.why}${permissionHint(read, "issues: read")}.`;
  }
  const { value: issue } = read;
  // one that was moved to another repository has another number there
  return issue.number !== number
    ? `Issue #${number} cannot be read: GitHub answered with another one.`
    : {
        number,
        title: issue.title,
        body: issue.body ?? "",
        author: issue.user,
        state: issue.state,
      };
}
