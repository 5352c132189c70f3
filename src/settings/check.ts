import { isAbsolute } from "node:path";
import { closest, distance } from "fastest-levenshtein";
import { type Problem, quote } from "./problem.ts";
import type { RawSetting, RawSettings } from "./raw.ts";
import {
  about,
  type ScriptSetting,
  type SettingName,
  type Settings,
  schema,
  scriptSettings,
  settingNames,
  triggerSettings,
} from "./schema.ts";

/** What the schema made of the raw settings. Values with a problem are missing from `settings`. */
export interface Checked {
  readonly settings: Partial<Settings>;
  readonly problems: readonly Problem[];
}

/** Checks every setting by itself and then what two of them say together. Does no I/O. */
export function checkSettings(raw: RawSettings): Checked {
  const { settings, problems } = checkEach(raw);
  return { settings, problems: [...problems, ...checkTogether(raw)] };
}

/** Checks every setting by itself: some may still come from a file. */
export function checkEach(raw: RawSettings): Checked {
  const settings: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const name of settingNames) {
    const source = raw[name];
    const result = schema.shape[name].safeParse(source?.value);
    if (!result.success) {
      problems.push(at(source, `${name}: ${describe(name, source?.value ?? "")}`));
    } else if (source !== undefined && isNotYet(name, source.value)) {
      const value = about(name).secret ? "" : `: ${quote(source.value)}`;
      problems.push(at(source, `${name}${value} is not available yet in this version`));
    } else {
      settings[name] = result.data;
    }
  }
  return { settings: settings as Partial<Settings>, problems };
}

function describe(name: SettingName, value: string): string {
  const meta = about(name);
  const shown = meta.secret ? "this value" : quote(value);
  const near = meta.values === undefined ? undefined : closest(value, [...meta.values]);
  const hint =
    near !== undefined && distance(value, near) <= 2 ? `; did you mean \`${near}\`?` : "";
  return `${shown} is not allowed; allowed: ${meta.allowed}${hint}`;
}

function isNotYet(name: SettingName, value: string): boolean {
  const { notYet } = about(name);
  return notYet === true || (notYet?.includes(value.toLowerCase()) ?? false);
}

function checkTogether(raw: RawSettings): Problem[] {
  const pairs: [SettingName, SettingName][] = [
    ...scriptSettings.map((name): [ScriptSetting, SettingName] => [name, `${name}-file`]),
    ["prompt", "prompt-file"],
    ["command", "agent"],
  ];
  const problems = pairs.flatMap(([one, other]) =>
    raw[one] !== undefined && raw[other] !== undefined
      ? [at(raw[other], `${one} and ${other}: both are given; give one of them`)]
      : [],
  );
  const logins: SettingName[] = ["registry-username", "registry-password"];
  const missing = logins.filter((name) => raw[name] === undefined);
  const [given] = logins.filter((name) => raw[name] !== undefined);
  if (given !== undefined && missing.length === 1) {
    problems.push(at(raw[given], `${given}: ${missing[0]} is missing; a login needs both`));
  }
  if (given !== undefined && raw.registry === undefined) {
    problems.push(at(raw[given], `${given}: registry is missing; where is the login for?`));
  }
  const mode = raw.mode?.value ?? "run";
  if (mode === "run" && raw.command === undefined && raw.agent === undefined) {
    problems.push({
      message:
        "command: nothing to run; give `command` (shell text, as in a `run:` step), or `agent` with a `prompt`",
    });
  }
  const hasPrompt =
    raw.prompt !== undefined ||
    raw["prompt-file"] !== undefined ||
    triggerSettings.some((name) => raw[name] !== undefined) || // the question is one
    raw.review?.value.toLowerCase() === "true";
  if (mode === "run" && raw.agent !== undefined && !hasPrompt) {
    problems.push(at(raw.agent, "agent: prompt is missing; what is the agent to do?"));
  }
  const kept = raw["session-path"];
  if (kept?.origin === "file" && isAbsolute(kept.value)) {
    // the file may be a stranger's
    problems.push(
      at(kept, "session-path: in a file it is relative to the workspace; an input may be absolute"),
    );
  }
  problems.push(...whyNotCounted(raw));
  for (const name of agentSettings) {
    // in a file they are there for the runs that have an agent
    if (raw[name] !== undefined && raw[name].origin === "input" && raw.agent === undefined) {
      problems.push(at(raw[name], `${name}: agent is missing; which one is meant?`));
    }
  }
  return problems;
}

/** Runs are counted by the answers to questions: without those the limit would be none. */
function whyNotCounted(raw: RawSettings): Problem[] {
  const daily = raw["max-runs-per-day"];
  const comment = raw.comment?.value.toLowerCase() ?? "true";
  if (daily === undefined) {
    return [];
  }
  if (comment !== "true") {
    const why = `the answers to questions are counted, and \`comment: ${comment}\` gives none; leave \`comment\` out`;
    return [at(daily, `max-runs-per-day: ${why}`)];
  }
  if (daily.origin === "file") {
    const why = "it belongs into the workflow: runs are counted before the file is read";
    return [at(daily, `max-runs-per-day: ${why}`)];
  }
  const asks = ["trigger-phrase", "trigger-label", "trigger-assignee"] as const;
  if (asks.every((name) => raw[name] === undefined)) {
    const why = "trigger-phrase is missing; runs that nobody asks for are not counted";
    return [at(daily, `max-runs-per-day: ${why}`)];
  }
  return [];
}

/** Settings that say how an agent is run: an `agent` given as an input does not take them from the file of another. */
export const agentSettings = settingNames.filter(
  (name) => (name.startsWith("agent-") && name !== "agent-output") || name === "resume",
);

/** A problem at the place a setting came from. */
export function at(source: RawSetting | undefined, message: string): Problem {
  const place = source === undefined || message.includes(source.from) ? "" : ` (${source.from})`;
  return { message: `${message}${place}`, file: source?.file, line: source?.line };
}
