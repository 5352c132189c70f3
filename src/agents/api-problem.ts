import { z } from "zod";
import { parseJson } from "../log/json.ts";
import { oneLine } from "../log/text.ts";
import type { ApiProblem } from "./agent.ts";

const inner = z.looseObject({
  message: z.string(),
  type: z.string().optional(),
  status: z.string().optional(),
});
const body = z.union([z.looseObject({ error: inner }).transform(({ error }) => error), inner]);

/**
 * Which words mean what, in this order: an account without credit is also told as a rate limit, and a
 * gateway's 5xx also mentions the connection.
 */
const words: readonly (readonly [ApiProblem["kind"], RegExp])[] = [
  [
    "no credit",
    /credit balance|credits? (?:is|are) depleted|billing_error|insufficient_quota|billing (?:account|hard limit)|payment required/i,
  ],
  [
    "wrong key",
    /api[ -]key not valid|invalid (?:x-)?api[ -]key|api_key_invalid|authentication_(?:error|failed)|incorrect api key|not logged in|please run \/login|oauth token (?:has|is|was)|unauthenticated/i,
  ],
  [
    "rate limit",
    /rate[ _]limit|resource_exhausted|resource has been exhausted|exceeded your current quota|usage limit|too many requests|quota exceeded/i,
  ],
  ["overloaded", /overloaded|\bunavailable\b|high demand|over capacity/i],
  [
    "connection",
    /ECONN(?:RESET|REFUSED|ABORTED)|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|EPIPE|UND_ERR|connection (?:error|to the api|closed|reset|lost|refused)|unable to connect|socket hang up|fetch failed|premature close|stream (?:ended|closed)|incomplete json|\bterminated\b|timed out/i,
  ],
];

const statuses: Readonly<Record<number, ApiProblem["kind"]>> = {
  401: "wrong key",
  402: "no credit",
  429: "rate limit",
  503: "overloaded",
  529: "overloaded",
};

/**
 * An API's refusal, from what a tool says of it: its words, with the API's JSON in them or without.
 *
 * @param status the HTTP status, where the tool says it; words win, since an empty account is a 400
 *   at one API and a 429 at another
 */
export function apiProblem(said: string, status?: number): ApiProblem {
  const found = bodyIn(said);
  const message = messageOf(found?.message ?? said);
  const evidence = [message, found?.type, found?.status].join(" ");
  const kind =
    words.find(([, pattern]) => pattern.test(evidence))?.[0] ??
    statuses[status ?? Number(/\b(?:401|402|429|503|529)\b/.exec(said)?.[0])] ??
    "other";
  return { kind, message };
}

/** The JSON that stands in a sentence; APIs' bodies come as text within text. */
function bodyIn(said: string): z.infer<typeof body> | undefined {
  const start = said.indexOf("{");
  const end = said.lastIndexOf("}");
  const found = body.safeParse(parseJson(said.slice(start, end + 1)));
  if (start < 0 || !found.success) {
    return undefined;
  }
  // once more: some proxies put the body they got into the message of their own
  return bodyIn(found.data.message) ?? found.data;
}

/** Text on one line of at most 300 characters, the measure that every message has. */
export function messageOf(text: string): string {
  return oneLine(text, 300);
}
