import { describe, expect, it } from "vitest";
import { holdsSteering, steeringPart } from "../../../src/policy/steering.ts";

describe("a path that steers an agent", () => {
  it.each([
    ["CLAUDE.md", "CLAUDE.md"],
    ["a/b/CLAUDE.local.md", "a/b/CLAUDE.local.md"],
    ["agents.MD", "agents.MD"],
    ["AGENTS.override.md", "AGENTS.override.md"],
    ["x/GEMINI.md", "x/GEMINI.md"],
    [".mcp.json", ".mcp.json"],
    [".claude/hooks/a.sh", ".claude"],
    ["node_modules/x/.Claude/settings.local.json", "node_modules/x/.Claude"],
    [".gemini/settings.json", ".gemini"],
    [".codex/config.toml", ".codex"],
    [".agents/skills/x/SKILL.md", ".agents"],
    [".copilot/mcp.json", ".copilot"],
    [".github/copilot-instructions.md", ".github/copilot-instructions.md"],
    ["sub/.github/instructions/a.instructions.md", "sub/.github/instructions"],
    [".github/agents/x.md", ".github/agents"],
    [".github/hooks/x.json", ".github/hooks"],
    [".vscode/mcp.json", ".vscode/mcp.json"],
    [".gitmodules", ".gitmodules"],
    [".env", ".env"],
  ])("%s does by %s", (path, part) => {
    expect(steeringPart(path)).toBe(part);
  });

  it.each([
    "README.md",
    "CLAUDE.md\nx",
    "AGENT\u017f.md",
    "docs/MY-CLAUDE.md",
    "claude/settings.json",
    "AGENTS.md.bak",
    ".github/workflows/ci.yml",
    ".github",
    "instructions/a.md",
    "mcp.json",
    ".vscode/settings.json",
    "config/.env",
    ".envrc",
    "copilot-instructions.md",
  ])("%s does not", (path) => {
    expect(steeringPart(path)).toBeUndefined();
  });

  it("may lie in a folder that holds other things", () => {
    expect([".github", ".GitHub", ".vscode"].map(holdsSteering)).toEqual([true, true, true]);
    expect(["github", ".claude", "src"].map(holdsSteering)).toEqual([false, false, false]);
  });
});
