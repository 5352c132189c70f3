import { parseArgs } from "node:util";
import { BadInput, quote } from "./problem.ts";
import { givenValue, type RawSettings } from "./raw.ts";
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
    options: Object.fromEntries(
      settingNames.map((name) => [name, { type: isSwitch(name) ? "boolean" : "string" } as const]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const settings: RawSettings = hasMode
    ? { mode: { value: first, origin: "input", from: "the command line" } }
    : {};
  const problems = [];
  let help = false;
  let switched: SettingName | undefined;
  for (const token of tokens) {
    const before = switched;
    switched = undefined;
    if (token.kind === "positional") {
      if (before !== undefined && isBoolean(token.value)) {
        settings[before] = { value: token.value, origin: "input", from: `--${before}` }; // `--comment false`
      } else {
        problems.push({ message: `${quote(token.value)} is not a flag; flags begin with --` });
      }
    } else if (token.kind === "option" && (token.name === "help" || token.name === "h")) {
      help = true;
    } else if (token.kind === "option") {
      const name = token.name as SettingName;
      if (!settingNames.includes(name)) {
        problems.push({ message: unknownName("flag", token.rawName, "--") });
      } else if (token.value === undefined && !isSwitch(name)) {
        problems.push({ message: `--${name} needs a value: ${about(name).allowed}` });
      } else {
        const value = givenValue(name, token.value ?? "true");
        if (value !== undefined) {
          settings[name] = { value, origin: "input", from: `--${name}` };
        }
        switched = token.value === undefined ? name : undefined;
      }
    }
  }
  if (problems.length > 0) {
    throw new BadInput(problems);
  }
  return { settings, help };
}

/** A setting that may stand alone on the command line. */
function isSwitch(name: SettingName): boolean {
  return about(name).json === "boolean";
}

function isBoolean(text: string): boolean {
  return /^(?:true|false)$/i.test(text);
}
