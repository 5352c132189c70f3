import type { Agent } from "./agent.ts";
import { codexReader } from "./codex-stream.ts";
import { openaiProblem } from "./openai-problem.ts";

/** Lines of standard error that end a run; its log lines (a time first) tell of what it mends itself. */
const refusal = /^(?:ERROR|Error)\b.*(?:status|quota|rate limit|unauthorized|disconnected)/i;

/**
 * OpenAI's Codex. Run against a stand-in of its API with 0.100.0 and 0.171.0: success, a schema, a
 * resumption, and every failure. It tries again by itself five times at most, 10 s in all.
 */
export const codex: Agent = {
  name: "codex",
  binary: "codex",
  npmPackage: "@openai/codex",
  node: 16,
  tried: { oldest: "0.100.0", newest: "0.171.0" },
  lacks: {
    maxTurns:
      "codex has no limit of turns; `task-timeout` ends it after a time, and what it said so far is kept",
    maxCost:
      "codex does not tell its cost; `task-timeout` ends it after a time, and what it said so far is kept",
    mcp: "codex has its MCP servers in its settings: put `[mcp_servers.NAME]` tables into `agent-settings`",
  },
  launch({ model, settingsFile, schemaFile, resume, further }) {
    return {
      argv: [
        "codex",
        "exec",
        "--json",
        "--dangerously-bypass-approvals-and-sandbox",
        "--skip-git-repo-check",
        // no telemetry; before the user's own arguments, which may say otherwise
        ...["--config", "analytics.enabled=false"],
        ...(model === undefined ? [] : ["--model", model]),
        // before `resume`, behind which 0.100 refuses it
        ...(schemaFile === undefined ? [] : ["--output-schema", schemaFile]),
        ...further,
        ...(resume === undefined ? [] : ["resume", resume]),
        // the prompt comes on standard input
        "-",
      ],
      environment: {},
      ...(settingsFile !== undefined && {
        homeFiles: { ".codex/config.toml": { copyOf: settingsFile } },
      }),
      streams: true,
    };
  },
  // `exec` sends no key at all when it is given OPENAI_API_KEY alone
  keys: ["CODEX_API_KEY"],
  aliases: { OPENAI_API_KEY: "CODEX_API_KEY", OPENAI_KEY: "CODEX_API_KEY" },
  otherAccess: [
    "CODEX_ACCESS_TOKEN",
    "OPENAI_IDENTITY_TOKEN_FILE",
    "OPENAI_IDENTITY_TOKEN_SOURCE",
    "OPENAI_FEDERATION_RULE_ID",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AZURE_OPENAI_API_KEY",
  ],
  configFolder: ".codex",
  // these files alone are enough: the databases beside them are made again
  sessionFolder: ".codex/sessions",
  steering: ["AGENTS.md", "AGENTS.override.md", ".codex", ".agents"],
  reader: codexReader,
  problemIn: (line) => (refusal.test(line) ? openaiProblem(line) : undefined),
};
