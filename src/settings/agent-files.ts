import { z } from "zod";
import { parseJson } from "../log/json.ts";
import type { ReadFile } from "./config-files.ts";
import { quote } from "./problem.ts";
import type { SettingName, Settings } from "./schema.ts";
import { UnusableFile } from "./workspace-file.ts";

/** What the agent's tool is given beside its prompt, as text. */
export interface AgentFiles {
  readonly settings?: string;
  readonly mcp?: string;
  /** A JSON Schema; it has been understood. */
  readonly schema?: string;
}

/** What a tool can do, by agent: why it has no such thing, for those that it has not. */
export type AgentLimits = Readonly<
  Record<string, { readonly lacks: Readonly<Partial<Record<AgentAbility, string>>> }>
>;
export type AgentAbility =
  | "model"
  | "maxTurns"
  | "maxCost"
  | "settings"
  | "mcp"
  | "schema"
  | "resume";

/** Which setting asks for what. */
const abilities: readonly (readonly [SettingName, AgentAbility])[] = [
  ["agent-model", "model"],
  ["agent-max-turns", "maxTurns"],
  ["agent-max-cost", "maxCost"],
  ["agent-settings", "settings"],
  ["agent-mcp", "mcp"],
  ["agent-schema", "schema"],
  ["resume", "resume"],
];

/** What is asked of the agent that its tool does not have, as the setting and a sentence. Pure. */
export function whatTheAgentLacks(
  settings: Partial<Settings>,
  limits: AgentLimits,
): readonly (readonly [SettingName, string])[] {
  const lacks = settings.agent === undefined ? undefined : limits[settings.agent]?.lacks;
  return abilities.flatMap(([name, ability]) => {
    const why = lacks?.[ability];
    return settings[name] === undefined || why === undefined ? [] : [[name, why] as const];
  });
}

/** A text of several lines, or one that no path looks like, is meant as it stands. */
function isText(value: string): boolean {
  return /[\n{=]/.test(value.trim());
}

/** @throws UnusableFile */
export async function readTextOrFile(read: ReadFile, value: string): Promise<string> {
  return isText(value) ? value : (await read(value)).toString("utf8");
}

const mcpSchema = z.object({ mcpServers: z.record(z.string(), z.looseObject({})) });

/** @throws UnusableFile when it is not the JSON that tools read */
export async function readMcp(read: ReadFile, path: string): Promise<string> {
  const text = (await read(path)).toString("utf8");
  if (!mcpSchema.safeParse(parseJson(text)).success) {
    throw new UnusableFile(
      `${quote(path)} is no JSON with \`mcpServers\`: a map of servers by name`,
    );
  }
  return text;
}

/** It may become an argument of the tool, and Linux takes none above 128 KiB. */
const maxSchemaBytes = 100_000;

/** @throws UnusableFile when it is no JSON Schema that can be checked */
export async function readSchema(read: ReadFile, value: string): Promise<string> {
  const text = await readTextOrFile(read, value);
  if (Buffer.byteLength(text) > maxSchemaBytes) {
    throw new UnusableFile(`a JSON Schema of more than ${maxSchemaBytes} bytes is not taken`);
  }
  try {
    schemaOf(text);
    return text;
  } catch (error) {
    const why = (error as Error).message.split("\n")[0];
    throw new UnusableFile(`${quote(value)} is no JSON Schema that can be checked: ${why}`);
  }
}

/** @throws Error when the text is no JSON Schema */
export function schemaOf(text: string): z.ZodType {
  const json = parseJson(text);
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new Error("it is not a JSON object");
  }
  return z.fromJSONSchema(json as Parameters<typeof z.fromJSONSchema>[0]);
}
