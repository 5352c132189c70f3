#!/usr/bin/env bash
# What the task does, in place of an agent: uses the installed tools, shows a window, leaves artifacts.
set -euo pipefail

artifacts=/tmp/agents-artifacts
mkdir -p "$artifacts"

# What the run preflight exported and made is here.
[[ $API_KEY == demo ]]
cd "$WORK_DIR"

git init --quiet notes
printf 'apples 3\npears 5\n' >notes/stock.txt
git -C notes add stock.txt
git -C notes -c user.name=task -c user.email=task@example.invalid commit --quiet --message stock

pears=$(rg --only-matching --replace '$1' '^pears (\d+)$' notes/stock.txt)
total=$(python3 -c 'import sys; print(sum(int(line.split()[1]) for line in sys.stdin))' <notes/stock.txt)
jq --null-input \
  --arg task "$AGENTS_RUNNER_TASK_ID" \
  --arg commit "$(git -C notes rev-parse HEAD)" \
  --argjson pears "$pears" \
  --argjson total "$total" \
  '{$task, $commit, $pears, $total}' >"$artifacts/report.json"
echo "report: $(jq --compact-output . "$artifacts/report.json")"

if [[ -n ${DISPLAY:-} ]]; then
  xterm -title report -geometry 80x12+80+80 -hold -e cat "$artifacts/report.json" &
  window=$!
  timeout 10 xdotool search --sync --onlyvisible --name '^report$' >/dev/null
  sleep 0.3 # the window is there; its text follows
  import -silent -window root "$artifacts/window.png"
  kill "$window"
  echo "picture: $artifacts/window.png"
fi
