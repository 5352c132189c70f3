import { z } from "zod";
import { parseJson } from "../log/json.ts";
import { Trouble } from "../log/trouble.ts";
import type { Agent, ApiProblem, Launch, LaunchOptions } from "./agent.ts";
import { apiProblem, messageOf } from "./api-problem.ts";
import { geminiReader, inBrackets } from "./gemini-stream.ts";

/**
 * Gemini CLI. Run against a stand-in of its API with 0.30.0 and 0.61.0. Its settings come from
 * files alone; a run's own is the user's below the home folder.
 */
export const gemini: Agent = {
  name: "gemini",
  binary: "gemini",
  npmPackage: "@google/gemini-cli",
  node: 20,
  tried: { oldest: "0.30.0", newest: "0.61.0" },
  lacks: {
    maxCost:
      "Gemini CLI does not tell its cost; `agent-max-turns` ends it after so many turns, and `task-timeout` after a time",
    schema: "Gemini CLI cannot be held to a JSON Schema; ask for JSON in the prompt instead.",
  },
  launch({ model, maxTurns, settingsText, mcpText, resume, further }) {
    return {
      argv: [
        "gemini",
        "--approval-mode=yolo",
        ...["--output-format", "stream-json"],
        ...(model === undefined ? [] : ["--model", model]),
        ...(resume === undefined ? [] : ["--resume", resume]),
        ...further,
      ],
      environment: {
        // 0.61 refuses a folder that nobody trusts; `--skip-trust` says the same, but 0.39.0 and older refuse it
        GEMINI_CLI_TRUST_WORKSPACE: "true",
        // it would start itself once more for a larger heap, which doubles the time to its first word
        GEMINI_CLI_NO_RELAUNCH: "true",
      },
      ...settings({
        ...(maxTurns !== undefined && { maxTurns }),
        ...(settingsText !== undefined && { settingsText }),
        ...(mcpText !== undefined && { mcpText }),
      }),
      streams: true,
    };
  },
  keys: ["GEMINI_API_KEY"],
  aliases: {
    // by itself it counts for Vertex AI alone, with GOOGLE_GENAI_USE_VERTEXAI
    GOOGLE_API_KEY: "GEMINI_API_KEY",
    GOOGLE_GEMINI_API_KEY: "GEMINI_API_KEY",
    GOOGLE_GENERATIVE_AI_API_KEY: "GEMINI_API_KEY",
  },
  otherAccess: [
    "GOOGLE_GENAI_USE_VERTEXAI",
    "GOOGLE_GENAI_USE_GCA",
    "GEMINI_CLI_USE_COMPUTE_ADC",
    "GOOGLE_GEMINI_BASE_URL",
  ],
  configFolder: ".gemini",
  // below it a folder for each working folder, named after it, with `chats/`
  sessionFolder: ".gemini/tmp",
  steering: ["GEMINI.md", ".gemini", ".geminiignore", ".env", ".agents"],
  reader: geminiReader,
  problemIn,
};

const path = ".gemini/settings.json";
const json = z.looseObject({
  model: z.looseObject({}).optional(),
  mcpServers: z.looseObject({}).optional(),
});

/**
 * The one file that settings, MCP servers and the limit of turns come from. 0.61 ignores the files that
 * `GEMINI_CLI_SYSTEM_SETTINGS_PATH` and `GEMINI_CLI_SYSTEM_DEFAULTS_PATH` name, unless root owns them and their
 * folders up to the top: not so in a task.
 *
 * @throws Trouble when settings that are no plain JSON are to be put together with others
 */
function settings({
  maxTurns,
  settingsText,
  mcpText,
}: Pick<LaunchOptions, "maxTurns" | "settingsText" | "mcpText">): Pick<Launch, "homeFiles"> {
  if (maxTurns === undefined && mcpText === undefined) {
    return settingsText === undefined ? {} : { homeFiles: { [path]: { text: settingsText } } };
  }
  const own = json.safeParse(parseJson(settingsText ?? "{}"));
  if (!own.success) {
    throw new Trouble(
      "Gemini CLI reads its settings, its MCP servers and its limit of turns from one file: with `agent-mcp` or `agent-max-turns`, `agent-settings` must be plain JSON, without comments",
    );
  }
  const servers = json.safeParse(parseJson(mcpText ?? "{}")).data ?? {};
  const model = { ...own.data.model, ...(maxTurns !== undefined && { maxSessionTurns: maxTurns }) };
  const mcpServers = { ...own.data.mcpServers, ...servers.mcpServers };
  const all = { ...own.data, ...servers, mcpServers, model };
  return { homeFiles: { [path]: { text: `${JSON.stringify(all, undefined, 2)}\n` } } };
}

/** What it writes to standard error of a refusal, before the words of the API. */
const refusal =
  /^(?:Attempt \d+ failed(?: with status (\d+))?(?:\. Retrying with backoff\.\.\.)?|Error when talking to Gemini API\b|Error generating content via API\b|\[API Error\b)/;

const noAccess = /^(?:Please set an Auth method|Invalid auth method selected)/;

function problemIn(line: string): ApiProblem | undefined {
  if (noAccess.test(line)) {
    return { kind: "wrong key", message: messageOf(line) };
  }
  const found = refusal.exec(line);
  if (found === null) {
    return undefined;
  }
  const said = inBrackets(line.slice(line.startsWith("[") ? 0 : found[0].length))
    .replace(/^.*? Full report available at: \S+ /, "")
    .replace(/^[\s:]*(?:\w*Error: )?/, "")
    .replace(/\.? (?:Max attempts reached|Retrying after \d+ms\.\.\.)$/, "");
  return apiProblem(said, found[1] === undefined ? undefined : Number(found[1]));
}
