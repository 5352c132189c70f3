import { about, settingNames } from "./schema.ts";
import { groups } from "./types.ts";

/** What `--help` prints: every setting as a flag, by group. */
export function helpText(): string {
  const lines = ["agent-runner [MODE] [--SETTING VALUE]…", ""];
  for (const group of groups) {
    lines.push(`${group}:`);
    for (const name of settingNames.filter((setting) => about(setting).group === group)) {
      const { description, default: fallback } = about(name);
      lines.push(`  --${name}${fallback === undefined ? "" : ` (${fallback})`}`);
      lines.push(`      ${description.replaceAll("`", "")}`);
    }
    lines.push("");
  }
  return lines.join("\n");
}
