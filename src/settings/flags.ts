import { parseArgs } from "node:util";
import { BadInput } from "./problem.ts";
import type { RawSettings } from "./raw.ts";
import { about, type SettingName, settingNames } from "./schema.ts";
import { unknownName } from "./suggest.ts";

/** What the command line said: settings, and whether help was asked for. */
export interface Flags {
  readonly settings: RawSettings;
  readonly help: boolean;
}

/**
 * Reads `--name value` and `--name=value`; a setting that is true or false may stand alone
 * (`--cache-desktop-build`), and the mode may be the first word (`plan`).
 *
 * @throws BadInput naming every flag that is not known.
 */
export function readFlags(argv: readonly string[]): Flags {
  const [first, ...rest] = argv;
  const hasMode = first !== undefined && !first.startsWith("-");
  const { tokens } = parseArgs({
    args: hasMode ? rest : [...argv],
    options: Object.fromEntries(settingNames.map((name) => [name, { type: "string" as const }])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const settings: RawSettings = hasMode ? { mode: { value: first, from: "the command line" } } : {};
  const problems = [];
  let help = false;
  for (const token of tokens) {
    if (token.kind === "positional") {
      problems.push({
        message: `${JSON.stringify(token.value)} is not a flag; flags begin with --`,
      });
    } else if (token.kind === "option" && (token.name === "help" || token.name === "h")) {
      help = true;
    } else if (token.kind === "option") {
      const name = token.name as SettingName;
      if (!settingNames.includes(name)) {
        problems.push({ message: unknownName("flag", token.rawName, `--`) });
      } else if (token.value === undefined && about(name).json !== "boolean") {
        problems.push({ message: `--${name} needs a value: ${about(name).allowed}` });
      } else {
        settings[name] = { value: token.value ?? "true", from: `--${name}` };
      }
    }
  }
  if (problems.length > 0) {
    throw new BadInput(problems);
  }
  return { settings, help };
}
