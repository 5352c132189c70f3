import { about, type SettingName } from "./schema.ts";

/** A setting as a reader found it: always text, with where it came from. */
export interface RawSetting {
  readonly value: string;
  /** `input mode`, `environment.yml`, `--mode`: what a message calls the place. */
  readonly from: string;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

export type RawSettings = Partial<Record<SettingName, RawSetting>>;

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
