import type { Content } from "./content.ts";

/**
 * The content of the agent's own layer: just its command line tool, in an exact version, so that a
 * new version rebuilds seconds of work and not the environment.
 *
 * @param installLine the npm command that installs it
 */
export function agentContent(agent: string, version: string, installLine: string): Content {
  return {
    name: "agent",
    title: agent,
    scripts: [
      {
        component: "version",
        file: "agent.sh",
        text: agentScript(agent, installLine),
        label: `the installation of ${agent} ${version} (\`agent-version\`)`,
      },
    ],
    files: [],
    cached: true,
    optional: false,
    agent: { name: agent, version },
  };
}

function agentScript(agent: string, installLine: string): string {
  return [
    "if ! command -v npm >/dev/null; then",
    `  echo '${agent} is installed with npm, which the image does not have; install Node.js in the base image or in the cached preflight' >&2`,
    "  exit 1",
    "fi",
    // an image's own user may not write where npm puts programs for everybody
    "as_user=()",
    "if ((EUID != 0)) && [[ ! -w $(npm prefix --global)/lib/node_modules ]]; then",
    "  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then",
    "    as_user=(sudo -n)",
    "  else",
    '    export npm_config_prefix="$HOME/.local"',
    "  fi",
    "fi",
    `"\${as_user[@]}" ${installLine} --no-audit --no-fund --no-update-notifier`,
    "",
  ].join("\n");
}
