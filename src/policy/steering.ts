/**
 * Which paths of a checkout steer a coding agent: what gives it instructions, starts programs beside it, or says where
 * its model is. The names are those that the four tools' own programs look for (claude-code 2.1.332, codex 0.171.0,
 * gemini-cli 0.61.0, copilot 1.0.2 to 1.0.102); in small letters, since tools also look for other spellings.
 *
 * Pure. Paths are relative to the workspace, with `/`; one character a byte will do, since every name is ASCII.
 */

/** Steer wherever they lie: tools read them of every folder between the workspace's top and the file in hand. */
const anywhere: ReadonlySet<string> = new Set([
  // claude: settings with hooks, commands, agents, skills and rules; its own list of what a change may not bring unseen
  ...[".claude", ".claude-plugin", "claude.md", "claude.local.md", ".mcp.json", ".lsp.json"],
  // codex: `.codex` has settings, hooks and rules, `.agents` skills and plugins
  ...["agents.md", "agents.override.md", ".codex", ".agents"],
  // gemini: settings, commands, skills and an `.env`; also `.agents`. The last hides files from it
  ...[".gemini", "gemini.md", ".geminiignore"],
  // copilot: besides reads AGENTS.md, CLAUDE.md, GEMINI.md, .mcp.json, `.claude` and `.agents`
  ".copilot",
  // git: where a `git submodule update` of the agent fetches from
  ".gitmodules",
]);

/** Steer inside of a folder that holds other things, too: copilot's. */
const inFolders: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    ".github",
    new Set([
      ...["copilot-instructions.md", "instructions", "agents", "hooks", "skills", "extensions"],
      ...["plugin", "copilot", "copilot-memories.jsonl", "mcp.json", "lsp.json"],
    ]),
  ],
  [".vscode", new Set(["mcp.json"])],
]);

/** Steers at the workspace's top: gemini sets variables from it, and one of them says where its key is sent. */
const atTheTop: ReadonlySet<string> = new Set([".env"]);

/** The first part of a path that steers: the path itself or a folder above it; undefined where none does. */
export function steeringPart(path: string): string | undefined {
  const steps = path.split("/");
  const at = steps.findIndex((step, index) => {
    const name = small(step);
    return (
      anywhere.has(name) ||
      (index === 0 && atTheTop.has(name)) ||
      (index > 0 && inFolders.get(small(steps[index - 1] as string))?.has(name))
    );
  });
  return at < 0 ? undefined : steps.slice(0, at + 1).join("/");
}

export function steers(path: string): boolean {
  return steeringPart(path) !== undefined;
}

/** Whether a folder of this name has parts that steer: a link in its place would lead a tool to others. */
export function holdsSteering(name: string): boolean {
  return inFolders.has(small(name));
}

/** Only ASCII: more would make one name of two that no file system takes for one. */
function small(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
