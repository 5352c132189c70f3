import { givenValue, type RawSettings } from "./raw.ts";
import { settingNames } from "./schema.ts";

/**
 * Reads the action's inputs as the runner passes them: `INPUT_<NAME>`, empty when not given.
 * `@actions/core`'s `getInput` reads the same variables; it is not used here because it cannot tell
 * verbatim text apart and this reader is also run without a runner in tests.
 */
export function readInputs(environment: NodeJS.ProcessEnv): RawSettings {
  const settings: RawSettings = {};
  for (const name of settingNames) {
    const value = givenValue(name, environment[`INPUT_${name.toUpperCase()}`] ?? "");
    if (value !== undefined) {
      settings[name] = { value, origin: "input", from: `input ${name}` };
    }
  }
  return settings;
}
