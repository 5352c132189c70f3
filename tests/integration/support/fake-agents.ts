/** Programs with the agents' names that note how they were started, for lack of a model to talk to. */

/** A script that puts them into a folder. They leave `argv`, `stdin` and `ps` in the folder they start in. */
export function fakeAgents(folder: string): string {
  return [
    `mkdir -p ${folder}`,
    "for name in codex claude gemini copilot; do",
    `cat >${folder}/$name <<'AGENT'`,
    "#!/bin/bash",
    'printf \'%s\\0\' "${0##*/}" "$@" >argv',
    "cat /proc/[0-9]*/cmdline >ps",
    "cat >stdin",
    'echo "task: user=$UID folder=$PWD sandbox=${IS_SANDBOX-unset}"',
    "if declare -F greet >/dev/null; then greet; fi",
    "AGENT",
    `chmod 0755 ${folder}/$name`,
    "done",
  ].join("\n");
}

/** A cached preflight that has them on the PATH of an image that runs as root. */
export const inImage = {
  "cached-preflight": fakeAgents("/usr/local/bin"),
  "cache-container-build": "true",
};

/** The same for an image whose user may write only its home: the run preflight extends the PATH. */
export const inHome = {
  "cached-preflight": fakeAgents("/home/agent/bin"),
  "cache-container-build": "true",
  "run-preflight": "export PATH=$HOME/bin:$PATH",
};
