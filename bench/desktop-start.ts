/** How long a desktop takes to come up: by start.sh, and by starting the four programs by hand and polling. */
import { join } from "node:path";
import { attempt, run } from "../scripts/shell.ts";

const SCRIPTS = join(import.meta.dirname, "..", "desktop");

/** Milliseconds, in the order they were measured, ours and by hand in turns. */
export interface Starts {
  ours: number[];
  byHand: number[];
}

/** What a person would write: the four programs, and one loop that asks every 10 ms until all of them answer. */
const BY_HAND = `
export DISPLAY=:1
Xvnc :1 -geometry 1280x800 -depth 24 -rfbport 5901 -localhost -SecurityTypes None >/dev/null 2>&1 &
websockify --web /usr/local/share/agent-runner-desktop/novnc 6080 127.0.0.1:5901 >/dev/null 2>&1 &
until xprop -root >/dev/null 2>&1; do sleep 0.01; done
fluxbox >/dev/null 2>&1 &
xterm >/dev/null 2>&1 &
page() {
  { exec 3<>/dev/tcp/127.0.0.1/6080; } 2>/dev/null || return 1
  printf 'GET /vnc.html HTTP/1.0\\r\\n\\r\\n' >&3
  read -r line <&3
  cat <&3 >/dev/null
  exec 3>&-
  [[ $line == *' 200 '* ]]
}
until xprop -root _NET_SUPPORTING_WM_CHECK | grep -q 0x; do sleep 0.01; done
until page; do sleep 0.01; done
until xprop -root _NET_CLIENT_LIST | grep -q 0x; do sleep 0.01; done
`;

/** So many starts of each, all in one container of the image. */
export async function startTimes(image: string, runs: number): Promise<Starts> {
  const name = `agent-runner-bench-start-${process.pid}`;
  const mount = `--mount=type=bind,source=${SCRIPTS},target=/desktop,readonly`;
  await run("docker", [
    ...["run", "--detach", "--pull=never", "--init", "--name", name, mount],
    ...["--entrypoint", "sleep", image, "600"],
  ]);
  try {
    const starts: Starts = { ours: [], byHand: [] };
    for (let i = 0; i <= runs; i++) {
      const ours = await start(name, "bash /desktop/start.sh >/dev/null");
      const byHand = await start(name, BY_HAND);
      // The first of each reads the files from the disk.
      if (i > 0) {
        starts.ours.push(ours);
        starts.byHand.push(byHand);
      }
    }
    return starts;
  } finally {
    await attempt("docker", ["rm", "--force", "--volumes", name]);
  }
}

/** One start, measured inside, and its end: no process and no socket stays. */
async function start(container: string, script: string): Promise<number> {
  const timed = [
    "began=${EPOCHREALTIME/[.,]/}",
    script,
    "echo took $(((${EPOCHREALTIME/[.,]/} - began) / 1000))",
  ].join("\n");
  const said = await run("docker", ["exec", container, "bash", "-c", timed]);
  // Everything but the container's first process, which sleeps below its init.
  const clear = [
    "for name in /proc/[0-9]*; do",
    "  pid=${name#/proc/}",
    "  read -r command 2>/dev/null <$name/comm || continue",
    "  case $command in sleep | docker-init | bash) ;; *) kill -KILL $pid ;; esac",
    "done",
    "rm -rf /tmp/.X1-lock /tmp/.X11-unix/X1 /tmp/agents-runner-desktop /root/.fluxbox",
  ].join("\n");
  await run("docker", ["exec", container, "bash", "-c", clear]);
  return Number(/^took (\d+)$/m.exec(said)?.[1]);
}
