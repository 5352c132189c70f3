import { readFileSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import { outputs } from "../src/report/outputs.ts";
import { inputOnly } from "../src/settings/file.ts";
import { about, type SettingName, settingNames } from "../src/settings/schema.ts";
import { groups } from "../src/settings/types.ts";

// Writes what follows from the schema: action.yml, the README's tables, the environment file's JSON
// Schema. `node scripts/generate.ts --check` only tells whether they are up to date, for the tests.

/** `action.yml`: no `default:` but the token's, or a default could not be told from a choice. */
export function actionYml(): string {
  const inputs = Object.fromEntries(
    settingNames.map((name) => [
      name,
      {
        description: describe(name),
        required: false,
        ...(name === "github-token" ? { default: "${{ github.token }}" } : {}),
      },
    ]),
  );
  const document = {
    name: "Agent Runner",
    description:
      "Run coding agents in CI inside prebuilt, layered container images that start in seconds.",
    author: "Agent Runner maintainers",
    branding: { icon: "box", color: "purple" },
    inputs,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, description]) => [name, { description }]),
    ),
    runs: { using: "node24", main: "dist/index.js", post: "dist/index.js" },
  };
  return `# Made by scripts/generate.ts from src/settings/schema.ts; change it there.\n${stringify(document, { lineWidth: 0 })}`;
}

/** The JSON Schema of an environment file, for editors. */
export function environmentSchema(): string {
  const scalar = { type: ["string", "number", "boolean"] };
  const types = {
    string: scalar,
    number: { type: ["number", "string"] },
    boolean: { type: "boolean" },
    "flag or word": { oneOf: [{ type: "boolean" }, { type: "string" }] },
    lines: { oneOf: [{ type: "string" }, { type: "array", items: scalar }] },
    flags: {
      oneOf: [{ type: "string" }, { type: "object", additionalProperties: { type: "boolean" } }],
    },
  };
  const names = settingNames.filter((name) => !Object.hasOwn(inputOnly, name));
  const properties = Object.fromEntries(
    names.map((name) => {
      const { json, values } = about(name);
      const type = values === undefined ? types[json] : { enum: values.flatMap(asYaml) };
      return [name, { description: describe(name), ...type }];
    }),
  );
  return `${JSON.stringify(
    {
      $schema: "http://json-schema.org/draft-07/schema#",
      title: "Agent Runner environment file",
      type: "object",
      additionalProperties: false,
      properties,
    },
    undefined,
    2,
  )}\n`;
}

/** YAML reads `true` without quotes as a boolean. */
function asYaml(value: string): unknown[] {
  return value === "true" || value === "false" ? [value === "true", value] : [value];
}

/** The README with its tables filled in between their markers. */
export function readme(current: string): string {
  return fill(fill(current, "inputs", inputTables()), "outputs", outputTable());
}

function inputTables(): string {
  return groups
    .map((group) => {
      const rows = settingNames
        .filter((name) => about(name).group === group)
        .map((name) => `| \`${name}\` | ${cell(described(name))} | ${cell(defaultOf(name))} |`);
      return [
        `**${group}**`,
        "",
        "| input | what it does | default |",
        "| --- | --- | --- |",
        ...rows,
      ].join("\n");
    })
    .join("\n\n");
}

function outputTable(): string {
  const rows = Object.entries(outputs).map(([name, text]) => `| \`${name}\` | ${cell(text)} |`);
  return ["| output | what it says |", "| --- | --- |", ...rows].join("\n");
}

function described(name: SettingName): string {
  const { values, allowed, description, json } = about(name);
  const choices = values === undefined || json === "boolean" ? "" : ` One of ${allowed}.`;
  return `${description}${choices}${notYet(name)}`;
}

function notYet(name: SettingName): string {
  const { notYet } = about(name);
  if (notYet === undefined) {
    return "";
  }
  return notYet === true
    ? " *Not available yet.*"
    : ` *Not available yet: ${notYet.map((value) => `\`${value}\``).join(", ")}.*`;
}

function defaultOf(name: SettingName): string {
  const value = name === "github-token" ? "the job's token" : about(name).default;
  return value === undefined ? "" : name === "github-token" ? value : `\`${value}\``;
}

function describe(name: SettingName): string {
  const value = about(name).default;
  return `${about(name).description}${value === undefined ? "" : ` Default: ${value}.`}${notYet(name).replaceAll("*", "")}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function fill(text: string, name: string, content: string): string {
  const begin = `<!-- ${name}: made by scripts/generate.ts -->`;
  const end = `<!-- /${name} -->`;
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`README.md lacks the markers ${begin} and ${end}`);
  }
  return `${before}${begin}\n\n${content}\n\n${end}${after}`;
}

if (import.meta.main) {
  const check = process.argv.includes("--check");
  const files: [string, string][] = [
    ["action.yml", actionYml()],
    ["environment.schema.json", environmentSchema()],
    ["README.md", readme(readFileSync("README.md", "utf8"))],
  ];
  for (const [path, content] of files) {
    const current = readFileSync(path, { encoding: "utf8", flag: "a+" });
    if (current === content) {
      continue;
    }
    if (check) {
      console.error(`${path} is not up to date; run: npm run generate`);
      process.exitCode = 1;
    } else {
      writeFileSync(path, content);
      console.log(`${path} written`);
    }
  }
}
