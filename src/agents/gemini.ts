import type { Agent, ApiProblem } from "./agent.ts";
import { apiProblem, oneLine } from "./api-problem.ts";
import { geminiReader, inBrackets } from "./gemini-stream.ts";

/**
 * Gemini CLI. Run against a stand-in of its API with 0.30.0 and 0.61.0. It reads settings from files
 * alone, of which two have their paths in variables; a run's own are the user's below the home folder.
 */
export const gemini: Agent = {
  name: "gemini",
  binary: "gemini",
  npmPackage: "@google/gemini-cli",
  node: 20,
  tried: { oldest: "0.30.0", newest: "0.61.0" },
  lacks: {
    schema: "Gemini CLI cannot be held to a JSON Schema; ask for JSON in the prompt instead.",
  },
  launch({ model, maxTurns, settingsFile, mcpFile, resume, further }) {
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
        // stronger than the settings of the user and of the repository
        ...(settingsFile !== undefined && { GEMINI_CLI_SYSTEM_SETTINGS_PATH: settingsFile }),
        // `{"mcpServers": …}` is a part of its settings, and servers of several files are put together
        ...(mcpFile !== undefined && { GEMINI_CLI_SYSTEM_DEFAULTS_PATH: mcpFile }),
      },
      ...(maxTurns !== undefined && {
        homeFiles: {
          ".gemini/settings.json": {
            text: `${JSON.stringify({ model: { maxSessionTurns: maxTurns } })}\n`,
          },
        },
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

/** What it writes to standard error of a refusal, before the words of the API. */
const refusal =
  /^(?:Attempt \d+ failed(?: with status (\d+))?(?:\. Retrying with backoff\.\.\.)?|Error when talking to Gemini API\b|Error generating content via API\b|\[API Error\b)/;

const noAccess = /^(?:Please set an Auth method|Invalid auth method selected)/;

function problemIn(line: string): ApiProblem | undefined {
  if (noAccess.test(line)) {
    return { kind: "wrong key", message: oneLine(line) };
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
