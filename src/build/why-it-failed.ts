import type { Layer } from "../layers/layer.ts";
import { lastLine, lastWords } from "../log/text.ts";

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
    said: (output) =>
      (output.split(/^STEP \d+\/\d+: .*$/m).at(-1) ?? "").split(/^.*building at STEP "/m)[0] ?? "",
  },
];

/** Why a build failed: the script that did, with its last words; else the last line. Pure. */
export function whyItFailed({ content }: Layer, output: string): string {
  for (const way of ways) {
    const failed = way.failed.exec(output);
    const script = content.scripts.find(({ file }) => failed?.[1]?.includes(`/${file}`));
    if (script !== undefined) {
      const words = lastWords(way.said(output));
      return `${script.label} failed with exit code ${failed?.[2]}${words === "" ? "" : `: ${words}`}`;
    }
  }
  return lastLine(output);
}
