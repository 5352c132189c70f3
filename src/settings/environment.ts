import { canonicalScript, NotAScript } from "../keys/script.ts";
import type { Trust } from "../policy/trust.ts";
import { agentSettings } from "./check.ts";
import { readEnvironmentFile } from "./file.ts";
import { whatAFileMaySet } from "./file-may-set.ts";
import { type Problem, quote } from "./problem.ts";
import type { Origin, RawSettings } from "./raw.ts";
import { type ScriptSetting, scriptSettings } from "./schema.ts";
import { shownPath, UnusableFile } from "./workspace-file.ts";

/** What was given, with what the environment file adds to it. */
export interface WithFile {
  readonly settings: RawSettings;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/**
 * Adds the settings of the environment file that is named; what was given wins.
 *
 * @param read reads a file that a setting of this origin names
 * @param trust of the event; undefined where there is none, and everything is the user's own word
 */
export async function withEnvironmentFile(
  given: RawSettings,
  workspace: string,
  read: (path: string, origin: Origin) => Promise<Buffer>,
  trust: Trust | undefined,
): Promise<WithFile> {
  const path = given.environment?.value;
  if (path === undefined) {
    return { settings: given, problems: [], warnings: [] };
  }
  try {
    const text = canonicalScript(await read(path, "input"));
    const file = shownPath(workspace, path);
    const { settings: all, problems } = readEnvironmentFile(text, file);
    const { settings, ignored } =
      trust === undefined || trust.trusted ? { settings: all, ignored: [] } : whatAFileMaySet(all);
    const warnings = ignored.length === 0 ? [] : [tell(file, ignored, trust?.why)];
    return {
      settings: { ...settings, ...withoutTwins(settings, given), ...given },
      problems,
      warnings,
    };
  } catch (error) {
    if (error instanceof UnusableFile || error instanceof NotAScript) {
      const message =
        error instanceof NotAScript
          ? `environment: ${quote(path)}: ${error.message}`
          : `environment: ${error.message}`;
      return { settings: given, problems: [{ message }], warnings: [] };
    }
    throw error;
  }
}

function tell(file: string, ignored: readonly string[], why: string | undefined): string {
  return `${file}: ignored: ${ignored.join(", ")}. In a file this counts for trusted events only, because it reaches outside the container, and ${why}; give what you need of it as an input of the step`;
}

/**
 * An input wins over the environment file as a whole: `prompt` in the workflow also hides
 * `prompt-file` in the file, which would otherwise be "both are given", and another `agent` what the
 * file says of its own.
 */
function withoutTwins(fromFile: RawSettings, given: RawSettings): RawSettings {
  const twins: [keyof RawSettings, keyof RawSettings][] = [
    ...scriptSettings.map((name): [ScriptSetting, keyof RawSettings] => [name, `${name}-file`]),
    ["prompt", "prompt-file"],
    ["command", "agent"],
  ];
  const hidden: RawSettings = {};
  const sameAgent =
    given.agent === undefined
      ? given.command === undefined
      : given.agent.value === fromFile.agent?.value;
  for (const name of sameAgent ? [] : agentSettings) {
    Object.assign(hidden, { [name]: undefined }); // a version of claude is none of codex
  }
  for (const [one, other] of twins) {
    if (given[one] !== undefined && fromFile[other] !== undefined) {
      Object.assign(hidden, { [other]: undefined });
    }
    if (given[other] !== undefined && fromFile[one] !== undefined) {
      Object.assign(hidden, { [one]: undefined });
    }
  }
  return hidden;
}
