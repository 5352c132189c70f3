import { oneLine, plain } from "../log/text.ts";
import { agentTrailer } from "./agent-written.ts";

// What stands in a commit and a pull request of the agent's. The words may be a stranger's, and GitHub acts on some. Pure.

const mostInTitle = 72;
/** No more of a line is looked at: looking for links in a long one takes long. */
const mostRead = 1_000;

/**
 * The first line of somebody's words, as a title that does nothing on GitHub: it closes no issue, calls nobody, skips no
 * check, and is no trailer.
 */
export function titleOf(words: string): string {
  const first = plain(words)
    .split("\n")
    .find((line) => line.trim() !== "");
  const quiet = (first ?? "")
    .slice(0, mostRead)
    // what is taken out of a word comes first, or it would make one of its parts.
    // direction, width and joining of characters
    .replace(/\p{Cf}/gu, "")
    // of numbers of issues, mentions, `[skip ci]`, Markdown and HTML, the signs that make them what they are
    .replace(/[#@[\]<>`*\\]/g, "")
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/\S*/gi, "(link)")
    .replace(/\bwww\.\S+/gi, "(link)")
    .replace(/\b(?:GH-)+(?=\d)/gi, "")
    .replace(/(?:NO_)+(?:CI)+/gi, "");
  return oneLine(`Agent: ${quiet.trim() || "changes"}`, mostInTitle);
}

/** A commit's message. The trailer is ours alone: nobody's words are in the paragraph. */
export function commitMessage(title: string, run: string): string {
  return `${title}\n\n${agentTrailer}: ${run}\n`;
}
