# shellcheck shell=bash
# Prepares one task. Sourced at every start, in the workspace, so that exports reach the task.

export API_KEY=demo

export WORK_DIR="/tmp/work-$AGENTS_RUNNER_TASK_ID"
mkdir -p "$WORK_DIR"
