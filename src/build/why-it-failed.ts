import { withAdvice } from "../engine/advice.ts";
import { readRefusal, reasonIn } from "../engine/words.ts";
import type { Layer } from "../layers/layer.ts";
import { lastWords } from "../log/text.ts";

/** How a tool says which step failed, and how, and what that step printed. */
interface Way {
  readonly failed: RegExp;
  said(output: string): string;
}

const ways: readonly Way[] = [
  {
    // the plain progress of BuildKit: `#7 12.3 text`
    failed: /process "(.*)" did not complete successfully: exit code: (\d+)/,
    said: (output) =>
      [...output.matchAll(/^#\d+ \d+\.\d+ (.*)$/gm)].map(([, text = ""]) => text).join("\n"),
  },
  {
    // buildah prints the step, and then what it prints
    failed: /building at STEP "(.*)": while running runtime: exit status (\d+)/,
    said: (output) => {
      const last = output.split(/^STEP \d+\/\d+: .*$/m).at(-1) ?? "";
      return last.split(/^.*building at STEP "/m)[0] ?? "";
    },
  },
];

/**
 * Why a build failed: the script that did, with its last words; else what the builder itself said. What to do next
 * follows where it is known. Pure.
 */
export function whyItFailed({ content }: Layer, output: string): string {
  const way = ways.find(({ failed }) => failed.test(output));
  const failed = way?.failed.exec(output);
  const script = content.scripts.find(({ file }) => failed?.[1]?.includes(`/${file}`));
  if (way === undefined || script === undefined) {
    // a command of the user's may have any of the engine's words in it
    return way === undefined ? withAdvice(readRefusal(output)) : reasonIn(output);
  }
  const said = way.said(output);
  if (/^exec \S*bash: exec format error$/i.test(said.trim())) {
    return withAdvice({ kind: "platform", reason: said.trim() }); // the script was never read
  }
  const words = lastWords(said);
  const reason = `${script.label} failed with exit code ${failed?.[2]}${words === "" ? "" : `: ${words}`}`;
  const isFull = said.split("\n").some((line) => readRefusal(line).kind === "full");
  return isFull ? withAdvice({ kind: "full", reason }) : reason;
}
