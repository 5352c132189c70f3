import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from "yaml";
import type { Problem } from "./problem.ts";
import { givenValue, type RawSettings } from "./raw.ts";
import { about, type SettingName, settingNames } from "./schema.ts";
import { unknownName } from "./suggest.ts";

/** Settings of an environment file, and what is wrong with it. */
export interface FileSettings {
  readonly settings: RawSettings;
  readonly problems: readonly Problem[];
}

/** What is decided before a file is read. */
export const inputOnly = {
  environment: "a file cannot name another",
  "config-from": "a file cannot say where it is read; give it as an input of the step",
  "trigger-phrase": "a file cannot say what starts the step; give it as an input",
  "trigger-label": "a file cannot say what starts the step; give it as an input",
  "trigger-assignee": "a file cannot say what starts the step; give it as an input",
  "allow-forks": "a file cannot say whose code is worked on; give it as an input of the step",
  checkout: "a file is read once there is a checkout; give it as an input of the step",
  "fetch-depth": "a file is read once there is a checkout; give it as an input of the step",
} as const satisfies Partial<Record<SettingName, string>>;

function isInputOnly(name: string): name is keyof typeof inputOnly {
  return Object.hasOwn(inputOnly, name);
}

/**
 * Reads the text of an environment file: one YAML map of setting names to scalars, or to lists
 * where a setting takes one entry a line.
 */
export function readEnvironmentFile(text: string, file: string): FileSettings {
  const lines = new LineCounter();
  // maxAliasCount guards against a file that expands without end
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const problems: Problem[] = document.errors.map((error) => ({
    message: `${file} is not valid YAML: ${error.message.split("\n")[0]}`,
    file,
    line: lines.linePos(error.pos[0]).line,
  }));
  const settings: RawSettings = {};
  if (problems.length > 0 || document.contents === null) {
    return { settings, problems };
  }
  if (!isMap(document.contents)) {
    const message = `${file} must be a map of settings, such as \`base-image: debian:12\``;
    return { settings, problems: [{ message, file, line: 1 }] };
  }
  for (const { key, value } of document.contents.items) {
    const name = String(isScalar(key) ? key.value : key);
    const line = isScalar(key) && key.range ? lines.linePos(key.range[0]).line : undefined;
    const isKnown = settingNames.includes(name as SettingName);
    const read =
      isKnown && about(name as SettingName).json === "flags" && isMap(value)
        ? asFlags(value)
        : asText(value);
    if (!isKnown) {
      problems.push({ message: `${file}: ${unknownName("setting", name)}`, file, line });
    } else if (isInputOnly(name)) {
      problems.push({ message: `${file}: ${name}: ${inputOnly[name]}`, file, line });
    } else if (read === undefined) {
      const message = `${file}: ${name}: a text, number, true, false or a list of these is expected`;
      problems.push({ message, file, line });
    } else {
      const given = givenValue(name as SettingName, read);
      if (given !== undefined) {
        settings[name as SettingName] = { value: given, origin: "file", from: file, file, line };
      }
    }
  }
  return { settings, problems };
}

/** A map as the lines an input would have. */
function asFlags({ items }: YAMLMap): string | undefined {
  const lines = items.map(({ key, value }) => {
    const flag = isScalar(value) ? asText(value) : undefined;
    return isScalar(key) && flag !== undefined ? `${String(key.value)}: ${flag}` : undefined;
  });
  return lines.includes(undefined) ? undefined : lines.join("\n");
}

/** A YAML node as the text an input would have; undefined for what no input could say. */
function asText(node: unknown): string | undefined {
  if (node === null) {
    return "";
  }
  if (isSeq(node)) {
    const entries = node.items.map((item) => (isScalar(item) ? asText(item) : undefined));
    return entries.includes(undefined) ? undefined : entries.join("\n");
  }
  if (!isScalar(node)) {
    return undefined;
  }
  const { value, source } = node;
  if (value === null) {
    return "";
  }
  // as it is written: the number 1.10 would lose its zero, which a version may not
  return typeof value === "string" ? value : (source ?? String(value));
}
