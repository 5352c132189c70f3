import type { PullRequest } from "../github/pull-request.ts";
import type { Ask } from "../policy/ask.ts";
import type { Settings } from "../settings/schema.ts";
import { factsOf, runUrl, type Told } from "./comment.ts";
import { code, prose } from "./markdown.ts";
import { quoted, unquoted } from "./summary.ts";

// What an answer says, from "working on it" to its end. Markdown, as GitHub renders it. Pure.

/** GitHub takes 65,536 characters. */
const mostCharacters = 65_000;
const leftOut = "\n\nThe rest is left out: it is too long for a comment.";

/** An answer's whole text: our mark, what was asked, and what is said to it. */
export function answerText(mark: string, question: string, said: string): string {
  const text = [mark, question, said].filter((part) => part !== "").join("\n\n");
  return text.length <= mostCharacters
    ? text
    : `${text.slice(0, mostCharacters - leftOut.length).replace(/[\uD800-\uDBFF]$/, "")}${leftOut}`;
}

/** How much of a question is repeated. */
const mostLines = 3;
const mostOfLine = 200;

/** The beginning of the question, with a link to where it was asked; it mentions nobody. */
export function askedText(ask: Ask, { GITHUB_SERVER_URL: server }: NodeJS.ProcessEnv): string {
  const who = /^[\w-]+$/.test(ask.by) ? `**${ask.by}**` : code(ask.by);
  const what = `${deed(ask.asked)}${ask.question.trim() === "" ? "" : ":"}`;
  const page = ask.url !== undefined && isPage(ask.url, server) ? ask.url : undefined;
  const head = `> ${who} ${page === undefined ? what : `[${what}](${page})`}`;
  const lines = ask.question.split("\n").filter((line) => line.trim() !== "");
  const first = lines.slice(0, mostLines).map(shortened);
  const more = lines.length > mostLines ? [...first, "…"] : first;
  return more.length === 0 ? head : `${head}\n>\n${quoted(more.join("\n"))}`;
}

function deed(asked: Ask["asked"]): string {
  switch (asked.kind) {
    case "label":
      return `set the label ${code(asked.name)}`;
    case "assignment":
      return `assigned ${code(asked.login)}`;
    default:
      return "asked";
  }
}

function shortened(line: string): string {
  return line.length > mostOfLine ? `${line.slice(0, mostOfLine - 1)}…` : line;
}

/** A page of this GitHub, and nothing that could end the link. */
function isPage(url: string, server = "https://github.com"): boolean {
  return url.startsWith(`${server}/`) && /^[\w:/.#?=&%-]+$/.test(url);
}

/** Before anything is known: that work goes on, where it can be watched, and on what. */
export function workingText(
  pull: Pick<PullRequest, "head" | "movedTo"> | undefined,
  environment: NodeJS.ProcessEnv,
): string {
  const run = runUrl(environment);
  const where = run === undefined ? "" : ` [The run](${run}) shows how far it is.`;
  return `**Working on it**${headText(pull)}.${where}${movedText(pull)}`;
}

function headText(pull: Pick<PullRequest, "head"> | undefined): string {
  return pull === undefined ? "" : `, at ${short(pull.head.sha)}`;
}

function movedText(pull: Pick<PullRequest, "movedTo"> | undefined): string {
  return pull?.movedTo === undefined
    ? ""
    : ` The branch has moved on to ${short(pull.movedTo)} since it was asked: that is not looked at.`;
}

function short(sha: string): string {
  return code(sha.slice(0, 7));
}

/** The end: what the agent answered, what became of its changes, and what ran. */
export function endText(
  settings: Partial<Settings>,
  told: Told,
  ms: number,
  pull: Pick<PullRequest, "head" | "movedTo"> | undefined,
  environment: NodeJS.ProcessEnv,
): string {
  const { conclusion, failure, agent, handedOver } = told;
  const message = agent?.message?.trim() ? unquoted(agent.message) : undefined;
  const at = pull === undefined ? [] : [`at ${short(pull.head.sha)}`];
  const facts = [...factsOf(settings, told, ms, environment), ...at];
  return [
    ...(conclusion === "success" ? [] : [`**Agent Runner: ${conclusion}**`]),
    ...(failure === undefined ? [] : [code(failure.message)]),
    ...(message === undefined ? [] : [message]),
    ...(message === undefined && conclusion === "success" ? ["**Done.**"] : []),
    ...(handedOver === undefined ? [] : [handedOver]),
    `---\n<sub>${facts.join(" · ")}</sub>${movedText(pull)}`,
  ].join("\n\n");
}

/**
 * A refusal: that nothing was started, and why.
 *
 * @param link a page that belongs to the reason, by its name
 */
export function refusalText(
  why: string,
  environment: NodeJS.ProcessEnv,
  link?: { readonly name: string; readonly url: string },
): string {
  const run = runUrl(environment);
  const see =
    link !== undefined && isPage(link.url, environment.GITHUB_SERVER_URL) ? link : undefined;
  const links = [
    ...(see === undefined ? [] : [`[${see.name}](${see.url})`]),
    ...(run === undefined ? [] : [`[this run](${run})`]),
  ];
  return `**Nothing was started:** ${prose(why.replace(/\.$/, ""))}.${links.length === 0 ? "" : ` <sub>${links.join(" · ")}</sub>`}`;
}

/** What is left to say of a run that was killed. */
export function killedText(environment: NodeJS.ProcessEnv): string {
  const run = runUrl(environment);
  const where = run === undefined ? "" : ` [The run](${run}) shows how far it came.`;
  return `**The run was ended before it could answer.**${where}`;
}
