import { Trouble } from "../log/trouble.ts";
import type { Agent } from "./agent.ts";
import { apiProblem } from "./api-problem.ts";
import { claudeReader } from "./claude-stream.ts";
import { isBefore } from "./version.ts";

/** A line that the tool writes itself in its plain output, when the API refuses. */
const refusal =
  /^\s*(?:API Error:|Invalid API key\b|Credit balance is too low|Not logged in\b|Invalid bearer token)/;

/**
 * Claude Code. Run against a stand-in of its API with 2.0.0, 2.0.77 and 2.1.332; the arguments are the
 * same in all of them, but `--json-schema`, which came with 2.0.45, and `--max-budget-usd` with 2.0.30.
 */
export const claude: Agent = {
  name: "claude",
  binary: "claude",
  npmPackage: "@anthropic-ai/claude-code",
  node: 22,
  tried: { oldest: "2.0.0", newest: "2.1.332" },
  lacks: {},
  launch({
    version,
    model,
    maxTurns,
    maxCost,
    settingsFile,
    mcpFile,
    schemaText,
    resume,
    further,
  }) {
    if (schemaText !== undefined && isBefore(version, [2, 0, 45])) {
      throw new Trouble(
        `Claude Code ${version} cannot be held to a JSON Schema (\`agent-schema\`, \`review\`); 2.0.45 and newer can. Set a newer \`agent-version\``,
      );
    }
    if (maxCost !== undefined && isBefore(version, [2, 0, 30])) {
      throw new Trouble(
        `Claude Code ${version} has no limit of cost (\`agent-max-cost\`); 2.0.30 and newer have. Set a newer \`agent-version\``,
      );
    }
    return {
      argv: [
        "claude",
        "--print",
        // takes several, so that it may not be the last before a word of the user's
        ...(mcpFile === undefined ? [] : ["--mcp-config", mcpFile]),
        // a stream is refused without it
        "--verbose",
        ...["--output-format", "stream-json"],
        "--dangerously-skip-permissions",
        ...(model === undefined ? [] : ["--model", model]),
        // both versions know it, though `--help` does not name it
        ...(maxTurns === undefined ? [] : ["--max-turns", String(maxTurns)]),
        ...(maxCost === undefined ? [] : ["--max-budget-usd", String(maxCost)]),
        ...(settingsFile === undefined ? [] : ["--settings", settingsFile]),
        // the text itself: it takes no file
        ...(schemaText === undefined ? [] : ["--json-schema", schemaText]),
        ...(resume === undefined ? [] : ["--resume", resume]),
        ...further,
      ],
      environment: {
        // as root it refuses to skip permissions, unless it is told that it is in a sandbox
        IS_SANDBOX: "1",
        // the image says which version runs
        DISABLE_AUTOUPDATER: "1",
        // no telemetry, error reports, or feature flags from outside
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        // by itself 10, with which a key that is refused takes 3 minutes to be told
        CLAUDE_CODE_MAX_RETRIES: "4",
      },
      streams: true,
    };
  },
  keys: ["ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN"],
  aliases: {
    CLAUDE_API_KEY: "ANTHROPIC_API_KEY",
    ANTHROPIC_KEY: "ANTHROPIC_API_KEY",
    CLAUDE_OAUTH_TOKEN: "CLAUDE_CODE_OAUTH_TOKEN",
  },
  otherAccess: [
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_USE_ANTHROPIC_AWS",
    "CLAUDE_CODE_USE_GATEWAY",
    "ANTHROPIC_IDENTITY_TOKEN",
    "ANTHROPIC_IDENTITY_TOKEN_FILE",
    "ANTHROPIC_BASE_URL",
  ],
  configFolder: ".claude",
  // below it a folder for each working folder, named after its path: resuming needs the same one
  sessionFolder: ".claude/projects",
  steering: ["CLAUDE.md", "CLAUDE.local.md", "AGENTS.md", ".claude", ".mcp.json"],
  reader: claudeReader,
  problemIn: (line) => (refusal.test(line) ? apiProblem(line) : undefined),
};
