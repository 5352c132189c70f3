import type { Agent, ApiProblem } from "./agent.ts";
import { copilotReader } from "./copilot-stream.ts";
import { openaiProblem } from "./openai-problem.ts";
import { isBefore } from "./version.ts";

/**
 * GitHub's Copilot CLI. Run against a stand-in of a model's API (which it takes by
 * COPILOT_PROVIDER_BASE_URL) with 1.0.22 and 1.0.102; the versions where something changed come from
 * its own list of changes.
 *
 * The package holds a packed program that unpacks itself below `.cache/copilot` of the home folder at its
 * first start: 5 s and 200 MB, which are better spent while the image is built.
 */
export const copilot: Agent = {
  name: "copilot",
  binary: "copilot",
  npmPackage: "@github/copilot",
  node: 22,
  tried: { oldest: "1.0.22", newest: "1.0.102" },
  lacks: {
    maxTurns:
      "copilot has no limit of turns; `task-timeout` ends it after a time, and `agent-args: --max-ai-credits N` after a cost",
    maxCost:
      "copilot does not tell its cost in dollars; `agent-args: --max-ai-credits=N` ends it after so many of its credits",
    schema: "copilot can't be held to a schema; describe the answer's form in the prompt",
  },
  launch({ version, model, settingsFile, mcpFile, resume, further }) {
    const settings = isBefore(version, [1, 0, 35]) ? "config.json" : "settings.json";
    return {
      argv: [
        "copilot",
        "--allow-all",
        // nobody is there to answer
        "--no-ask-user",
        ...["--output-format", "json"],
        ...(model === undefined ? [] : ["--model", model]),
        ...(mcpFile === undefined ? [] : ["--additional-mcp-config", `@${mcpFile}`]),
        // its value is optional, so that it must be in the same word
        ...(resume === undefined ? [] : [`--resume=${resume}`]),
        ...further,
      ],
      environment: {
        // the image says which version runs; without it, a newer one from the cache would start as well
        COPILOT_AUTO_UPDATE: "false",
      },
      ...(settingsFile !== undefined && {
        homeFiles: { [`.copilot/${settings}`]: { copyOf: settingsFile } },
      }),
      streams: true,
    };
  },
  keys: ["COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"],
  aliases: { COPILOT_TOKEN: "COPILOT_GITHUB_TOKEN", GITHUB_COPILOT_TOKEN: "COPILOT_GITHUB_TOKEN" },
  // a model of the user's own: no GitHub token is needed then, but COPILOT_MODEL or `agent-model` is
  otherAccess: ["COPILOT_PROVIDER_BASE_URL"],
  configFolder: ".copilot",
  // a folder a session; it alone is enough. A resumed session works in the folder that it began in
  sessionFolder: ".copilot/session-state",
  steering: [
    "AGENTS.md",
    "CLAUDE.md",
    "GEMINI.md",
    ".github/copilot-instructions.md",
    ".github/instructions",
    ".github/copilot",
    ".github/agents",
    ".github/skills",
    ".github/hooks",
    ".github/extensions",
    ".github/mcp.json",
    ".github/lsp.json",
    ".vscode/mcp.json",
    ".claude",
    ".agents",
    ".mcp.json",
  ],
  // GitHub refuses a job's own token with "Server-To-Server Tokens are not supported", and the tool says less
  notice(environment) {
    const token = copilot.keys.map((name) => environment.get(name)).find((value) => value);
    return token?.startsWith("ghs_")
      ? "copilot gets the job's own token, which works only in a repository of an organization that allows it, with `permissions: copilot-requests: write`; else give it the token of a user with a Copilot licence, as COPILOT_GITHUB_TOKEN"
      : undefined;
  },
  reader: copilotReader,
  problemIn,
};

/**
 * What it writes to standard error when it can't begin; versions before 1.0.61 write nothing then, and
 * only their exit code 1 tells.
 */
function problemIn(line: string): ApiProblem | undefined {
  const said = /^Error: (?!Failed to load models)(.*)$/.exec(line)?.[1];
  if (said === undefined) {
    return undefined;
  }
  // the list of models, asked for with nothing but the token: what GitHub says to a job's own token
  if (said.startsWith("400 ")) {
    return { kind: "wrong key", message: said };
  }
  const problem = openaiProblem(said);
  return problem.kind === "other" ? undefined : problem;
}
