import { about, type SettingName } from "./schema.ts";

/** Whose word a value is: the workflow's (or that of whoever types a flag), a file's, or nobody's. */
export type Origin = "input" | "file" | "default";

/** A setting as a reader found it: always text, with where it came from. */
export interface RawSetting {
  readonly value: string;
  readonly origin: Exclude<Origin, "default">;
  /** `input mode`, `environment.yml`, `--mode`: what a message calls the place. */
  readonly from: string;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

export type RawSettings = Partial<Record<SettingName, RawSetting>>;

export function originOf(raw: RawSettings, name: SettingName): Origin {
  return raw[name]?.origin ?? "default";
}

/**
 * The value of a setting from a text, the same for every reader: blanks around it are nothing unless
 * it is verbatim (scripts, prompts), and a text of blanks alone is not given.
 */
export function givenValue(name: SettingName, text: string): string | undefined {
  if (text.trim() === "") {
    return undefined;
  }
  return about(name).verbatim === true ? text : text.trim();
}
