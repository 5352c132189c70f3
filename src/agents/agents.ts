import type { Settings } from "../settings/schema.ts";

/** A coding agent's command line tool, as data. Checked against each tool's own `--help`. */
export interface Agent {
  readonly binary: string;
  /** Its npm package. */
  readonly npmPackage: string;
  /**
   * Arguments for a run without a person: no questions, no sandbox of its own (the container is one),
   * the prompt on standard input.
   */
  readonly args: readonly string[];
  /** Variables of which one must be set for the tool to reach its model. */
  readonly needs: readonly string[];
  /** Where it keeps its settings, below the home folder. */
  readonly configFolder: string;
  /** Set for it, unless the user's `env` says otherwise. */
  readonly environment: Readonly<Record<string, string>>;
}

export type AgentName = NonNullable<Settings["agent"]>;

export const agents: Readonly<Record<AgentName, Agent>> = {
  // codex-cli 0.169: `codex exec --help`; `-` reads the prompt from standard input
  codex: {
    binary: "codex",
    npmPackage: "@openai/codex",
    args: ["exec", "--dangerously-bypass-approvals-and-sandbox", "--skip-git-repo-check", "-"],
    needs: ["CODEX_API_KEY", "OPENAI_API_KEY"],
    configFolder: ".codex",
    environment: {},
  },
  // claude-code 2.1: as root it refuses to skip permissions, unless it is told that it is in a sandbox
  claude: {
    binary: "claude",
    npmPackage: "@anthropic-ai/claude-code",
    args: ["--print", "--dangerously-skip-permissions"],
    needs: ["ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN"],
    configFolder: ".claude",
    environment: { IS_SANDBOX: "1" },
  },
  // gemini-cli 0.61: without a terminal on standard input it runs headless with what comes from there
  gemini: {
    binary: "gemini",
    npmPackage: "@google/gemini-cli",
    args: ["--approval-mode=yolo", "--skip-trust"],
    needs: ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_APPLICATION_CREDENTIALS"],
    configFolder: ".gemini",
    environment: {},
  },
  // copilot 1.0: takes a piped prompt; tools must be allowed at once, since nobody can be asked
  copilot: {
    binary: "copilot",
    npmPackage: "@github/copilot",
    args: ["--allow-all", "--silent"],
    needs: ["COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"],
    configFolder: ".copilot",
    environment: { COPILOT_AUTO_UPDATE: "false" },
  },
};

/** The line of a cached preflight that installs an agent. */
export function installLine(agent: AgentName, version = "latest"): string {
  return `npm install --global ${agents[agent].npmPackage}@${version}`;
}
