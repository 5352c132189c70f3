/**
 * Which paths of a checkout steer a coding agent: what gives it instructions, starts programs beside it, or says where
 * its model is. The names are those that the four tools' own programs look for (claude-code 2.1.332, codex 0.171.0,
 * gemini-cli 0.61.0, copilot 1.0.2 to 1.0.102); in small letters, since tools also look for other spellings.
 *
 * Pure. Paths are relative to the workspace, with `/`; one character a byte will do, since every name is ASCII.
 */

/** Steer wherever they lie: tools read them of every folder between the workspace's top and the file in hand. */
const anywhere = [
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
];

/** Steer inside of a folder that holds other things, too: copilot's. */
const inFolders = {
  ".github": [
    ...["copilot-instructions.md", "instructions", "agents", "hooks", "skills", "extensions"],
    ...["plugin", "copilot", "copilot-memories.jsonl", "mcp.json", "lsp.json"],
  ],
  ".vscode": ["mcp.json"],
};

/** Steers at the workspace's top: gemini sets variables from it, and one of them says where its key is sent. */
const atTheTop = [".env"];

const nested = Object.entries(inFolders).flatMap(([folder, names]) =>
  names.map((name) => `${folder}/${name}`),
);
// one expression: it is asked of every path of a workspace, several times
const part = new RegExp(
  `(?:(?:^|/)${oneOf([...anywhere, ...nested])}|^${oneOf(atTheTop)})(?=/|$)`,
  "i", // without `u` no letter beyond ASCII counts as one within
);

function oneOf(names: readonly string[]): string {
  return `(?:${names.map((name) => name.replaceAll(".", "\\.")).join("|")})`;
}

/** The first part of a path that steers: the path itself or a folder above it; undefined where none does. */
export function steeringPart(path: string): string | undefined {
  const found = part.exec(path);
  return found === null ? undefined : path.slice(0, found.index + found[0].length);
}

export function steers(path: string): boolean {
  return part.test(path);
}

const holders = new Set(Object.keys(inFolders));

/** Whether a folder of this name has parts that steer: a link in its place would lead a tool to others. */
export function holdsSteering(name: string): boolean {
  return holders.has(name.toLowerCase());
}
