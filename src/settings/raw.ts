import type { SettingName } from "./schema.ts";

/** A setting as a reader found it: always text, with where it came from. */
export interface RawSetting {
  readonly value: string;
  /** `input mode`, `environment.yml`, `--mode`: what a message calls the place. */
  readonly from: string;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

export type RawSettings = Partial<Record<SettingName, RawSetting>>;
