import type { RawSetting, RawSettings } from "./raw.ts";
import { about, type SettingName } from "./schema.ts";

/** What is left of a file's settings, and what is not, in words for a message. */
export interface Allowed {
  readonly settings: RawSettings;
  /** `push`, or `env (the lines that only name a variable)`. */
  readonly ignored: readonly string[];
}

/** Leaves of an environment file what the schema lets it set on an event that is not trusted. Pure. */
export function whatAFileMaySet(fromFile: RawSettings): Allowed {
  const settings: RawSettings = {};
  const ignored: string[] = [];
  for (const [name, setting] of Object.entries(fromFile) as [SettingName, RawSetting][]) {
    if (about(name).fromFile !== true) {
      ignored.push(name);
      continue;
    }
    const value = name === "env" ? withoutNames(setting.value) : setting.value;
    if (value !== setting.value) {
      ignored.push("env (the lines that only name a variable)");
    }
    if (value.trim() !== "") {
      settings[name] = { ...setting, value };
    }
  }
  return { settings, ignored };
}

/** The lines of `env` but those that name a variable of the step: its secrets are there. */
function withoutNames(lines: string): string {
  const isName = (line: string) => /^[A-Za-z_]\w*$/.test(line.trim());
  return lines
    .split("\n")
    .filter((line) => !isName(line))
    .join("\n");
}
