#!/usr/bin/env bash
# screenshot.sh [FILE]: takes a picture of the whole screen as PNG (default /tmp/agents-artifacts/desktop.png) and ends
# the recording, if one runs, so that its file is complete. No desktop is no error. Takes about 11 s at the very most: 2 for
# X to answer, 4 for the picture, 5 for the end of the recording.
#
# When the task's time is over, the action calls it from outside, without the task's environment, and then sends TERM,
# which closes the task's windows. The task's own call, a moment later, ends the recording and leaves that picture.
set -o pipefail

file=${1:-/tmp/agents-artifacts/desktop.png}
task=${AGENTS_RUNNER_TASK_ID:-task}
base=/tmp/agents-runner-desktop
root=$base/${task//\//_}
kept=$base/screen-kept
export DISPLAY=:1
PATH=${PATH:-/usr/bin:/bin}:/usr/local/bin:/usr/bin:/bin

status=0
if [ -n "${AGENTS_RUNNER_TASK_ID:-}" ] && [ -e "$kept" ] && [ -e "$file" ]; then
  echo "desktop: screenshot in $file, from before the end"
elif [ ! -S /tmp/.X11-unix/X1 ] || ! timeout 2 xprop -root _NET_SUPPORTED >/dev/null 2>&1; then
  echo 'desktop: no desktop is up, no screenshot'
elif ! mkdir -p "$(dirname "$file")"; then
  status=1
else
  # Written beside and renamed, so that a picture cut short is never taken for one.
  # The action's call and the task's may do so at the same time.
  part=$file.$$.part
  trap 'rm -f "$part"' EXIT
  if timeout 4 import -silent -window root "png:$part" && mv -f "$part" "$file"; then
    echo "desktop: screenshot in $file"
    [ -n "${AGENTS_RUNNER_TASK_ID:-}" ] || : >"$kept"
  else
    echo "desktop: the screenshot could not be taken" >&2
    status=1
  fi
fi

if read -r pid 2>/dev/null <"$root/pid/ffmpeg" && kill -INT "$pid" 2>/dev/null; then
  for ((i = 0; i < 100; i++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.05
  done
  if kill -KILL "$pid" 2>/dev/null; then
    echo 'desktop: the recording had to be killed; it lacks its last seconds' >&2
  else
    echo 'desktop: recording in /tmp/agents-artifacts/desktop.mp4'
  fi
  rm -f "$root/pid/ffmpeg"
fi
exit "$status"
