import { z } from "zod";
import { checked, permissionHint, type Unread } from "./checked.ts";
import type { Api } from "./client.ts";

export interface ChangedFile {
  readonly filename: string;
  readonly status: string;
  readonly additions: number;
  readonly deletions: number;
}

/** What a head changes since it left its base. Untrusted: whoever pushed it wrote it. */
export type Diff =
  | { readonly kind: "patch"; readonly text: string }
  /** It is too large for GitHub to be told as a text: at most 300 of its files. */
  | { readonly kind: "files"; readonly files: readonly ChangedFile[] };

/** GitHub ends a comparison at 300 files. */
export const mostFiles = 300;

const textSchema = z.union([
  z.string(),
  // of a media type that the package does not know for a text
  z.instanceof(ArrayBuffer).transform((bytes) => Buffer.from(bytes).toString()),
]);

const comparisonSchema = z.object({
  files: z
    .array(
      z.object({
        filename: z.string(),
        status: z.string(),
        additions: z.number(),
        deletions: z.number(),
      }),
    )
    .nullish(),
});

/**
 * Compares two commits from where the head left its base; or says in a sentence why that cannot be read.
 *
 * @param base a commit's id
 * @param head another's, which may be a fork's: GitHub has them together
 */
export async function readDiff(api: Api, base: string, head: string): Promise<Diff | string> {
  const route = "GET /repos/{owner}/{repo}/compare/{basehead}";
  const basehead = `${base}...${head}`;
  const headers = { accept: "application/vnd.github.diff" };
  const text = await checked(api, textSchema, route, { basehead, headers });
  if ("value" in text) {
    return { kind: "patch", text: text.value };
  }
  if (!isTooLarge(text)) {
    return sentence(text);
  }
  const read = await checked(api, comparisonSchema, route, { basehead, per_page: 1 });
  return "value" in read ? { kind: "files", files: read.value.files ?? [] } : sentence(read);
}

/** 406 is documented for a pull request's diff; a comparison that takes too long ends otherwise. */
function isTooLarge({ status = 0 }: Unread): boolean {
  return status === 406 || status === 422 || status >= 500;
}

function sentence(unread: Unread): string {
  return `The diff cannot be read: ${unread.why}${permissionHint(unread, "contents: read")}.`;
}
