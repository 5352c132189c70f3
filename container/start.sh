#!/usr/bin/env bash
# The first process of the task's container: bash --noprofile --norc start.sh [STAGE]
#
# What it has to say to the action it leaves in files below state/, because its exit code and its
# output are the agent's:
#   pid             its process group, for signals
#   needs           what this script needs for its own work, and does not find
#   started         the agent or command was reached, and when: seconds since 1970
#   not-found       the agent's program is not on the PATH
#   output          what the agent wrote to $AGENT_OUTPUT
#   failed          stage, line, file and code of the script that ended the task, NUL-terminated
#   desktop         a desktop is up
#   desktop-failed  an optional desktop did not come up
#   screenshot-failed
#                   a desktop is up, and its screen could not be kept
#   home            the home folder, below which the agent keeps its sessions
# They are the task's word, which may write them, too: src/task/notes.ts says what each may decide.
#
# Preflights are sourced, so that what they export reaches the agent. Sourcing has traps:
# - `-e` is off under `if`, `||` and `!`, so the source command stands at top level;
# - a script may read standard input, which is the prompt's, so it gets none;
# - `exit 0` ends the shell. It reaches the EXIT trap, which goes on with the next stage in a new
#   bash in the same process: exports, functions and the working directory carry on;
# - a script's own EXIT trap would replace ours, so `trap` is a function meanwhile;
# - TERM ends a shell through its EXIT trap, which would take that for the script's `exit 0`. So TERM
#   has a trap too, and no stage begins after it.

# The action writes ar_stages, ar_stdin, ar_desktop, ar_run, ar_mark, ar_certificates, ar_sessions and ar_other_way into
# options.sh.
# shellcheck disable=SC2154,SC2317 # traps and functions are reached in ways that shellcheck cannot see

# Images are as old as they are: nothing here is newer than bash 4.2, and busybox's programs do.

ar_folder=/run/agent-runner
ar_bash=$BASH

# Ends the task because this script itself cannot go on: what is missing.
ar_needs() {
  printf '%s' "$1" >"$ar_folder/state/needs"
  printf 'Agent Runner: %s\n' "$1" >&2
  builtin exit 126
}

((BASH_VERSINFO[0] > 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 2))) ||
  ar_needs "its bash is $BASH_VERSION"
# shellcheck source=/dev/null
source "$ar_folder/options.sh" || ar_needs "$ar_folder/options.sh cannot be read"

# Users may have other numbers here than on the engine's machine (rootless, user namespaces). What is mounted, or was
# copied in by their numbers, may then not be this user's to write. The action is told so before anything has run, by
# this code and no note at all; it begins anew, and copies everything in for this very user.
if [[ $# == 0 && $ar_other_way == true ]]; then
  read -r _ _ ar_numbers 2>/dev/null </proc/self/uid_map
  [[ ${ar_numbers:-4294967295} == 4294967295 || (-w . && -w $ar_folder/state) ]] || builtin exit 93
fi

# Ends the task because of a script: stage, line, file, code.
ar_fail() {
  printf '%s\0' "$1" "$2" "$3" "$4" >"$ar_folder/state/failed"
  ar_end "$4"
}

# The end of the task, in whatever way: keeps the screen.
ar_end() {
  if [[ -e $ar_folder/state/desktop ]]; then
    DISPLAY=:1 "$ar_bash" --noprofile --norc "$ar_folder/desktop/screenshot.sh" </dev/null ||
      : >"$ar_folder/state/screenshot-failed"
  fi
  builtin exit "$1"
}

# Reads a file of words, each ended by a NUL, into ar_list.
ar_read_list() {
  ar_list=()
  local word
  while IFS= read -r -d '' word; do
    ar_list+=("$word")
  done <"$1" || ar_needs "$1 cannot be read"
}

ar_prepare() {
  printf '%s' "$$" >"$ar_folder/state/pid" || ar_needs "$ar_folder/state cannot be written"
  # a PATH of the task's own may hide what this script works with
  local entry own_path=$PATH
  ar_read_list "$ar_folder/environment"
  rm -f "$ar_folder/environment" || ar_needs "rm does not work"
  mkdir -p /tmp/agents-artifacts || ar_needs "mkdir does not make /tmp/agents-artifacts"
  for entry in ${ar_list[@]+"${ar_list[@]}"}; do
    if [[ $entry == POSIXLY_CORRECT=* ]]; then
      # it would change how this very shell reads the scripts; the task gets it at its start
      printf '%s' "$entry" >"$ar_folder/state/posix"
    else
      # one that this shell keeps for itself (UID, BASHOPTS) it does not take, and says so
      export "${entry?}"
    fi
  done
  # further authorities, where neither the image nor the user names others
  for entry in "${ar_certificates[@]}"; do
    [[ -n ${!entry+x} ]] || export "$entry=$ar_folder/ca-certificates.crt"
  done
  # apt learns of them by a file alone; an installation may have made it, as another user
  entry=/dev/shm/agent-runner-apt.conf
  if ((${#ar_certificates[@]} > 0)) && [[ -z ${APT_CONFIG+x} ]] &&
    { echo "Acquire::https::CAInfo \"$ar_folder/ca-certificates.crt\";" 2>/dev/null >"$entry" || [[ -r $entry ]]; }; then
    export APT_CONFIG=$entry
  fi
  # the workspace may belong to another user number, and git would refuse to work in it
  local count=${GIT_CONFIG_COUNT:-0}
  if [[ ! $count =~ ^[0-9]{1,9}$ ]]; then
    # git stops at it, and so would bash at the sum: all that follows here would be left out
    printf 'Agent Runner: GIT_CONFIG_COUNT is no number, and 0 is taken\n' >&2
    count=0
  fi
  count=$((10#$count))
  export "GIT_CONFIG_KEY_$count=safe.directory" "GIT_CONFIG_VALUE_$count=*"
  export GIT_CONFIG_COUNT=$((count + 1))
  # a user that the image does not know has no home of its own, and agents keep their settings there
  [[ -z ${HOME-} || -d $HOME ]] || PATH=$own_path mkdir -p "$HOME" 2>/dev/null
  if [[ ! -w ${HOME:-/nonexistent} ]]; then
    export HOME=/tmp/agents-home
  fi
  export AGENT_OUTPUT=$ar_folder/state/output
  : >"$AGENT_OUTPUT"
  [[ -d $HOME ]] || PATH=$own_path mkdir -p "$HOME" || ar_needs "mkdir does not make $HOME"
  printf '%s' "$HOME" >"$ar_folder/state/home"
  # settings of the agent's, and sessions to go on with
  if [[ -d $ar_folder/home ]]; then
    PATH=$own_path cp -R "$ar_folder/home/." "$HOME/" || ar_needs "cp does not fill $HOME"
  fi
  if [[ -d $ar_folder/sessions ]]; then
    PATH=$own_path mkdir -p "$HOME/$ar_sessions" || ar_needs "mkdir does not make $HOME/$ar_sessions"
    PATH=$own_path cp -R "$ar_folder/sessions/." "$HOME/$ar_sessions/" || ar_needs "cp does not fill it"
  fi
}

ar_start_desktop() {
  export DISPLAY=:1 QT_QPA_PLATFORM=xcb
  export XDG_RUNTIME_DIR=/tmp/agents-runner-desktop/$AGENTS_RUNNER_TASK_ID/run
  if "$ar_bash" --noprofile --norc "$ar_folder/desktop/start.sh" </dev/null; then
    : >"$ar_folder/state/desktop"
    return
  fi
  if [[ $ar_desktop == required ]]; then
    ar_fail desktop '' '' 1
  fi
  : >"$ar_folder/state/desktop-failed"
  unset DISPLAY QT_QPA_PLATFORM XDG_RUNTIME_DIR
}

# `trap` while a preflight is sourced: its EXIT trap is kept in ar_exit_trap.
ar_trap() {
  if ((BASH_SUBSHELL > 0)) || (($# == 0)) || [[ $1 == -[lpP] ]]; then
    # shellcheck disable=SC2064 # the arguments are the caller's own, quoted as it chose
    builtin trap "$@"
    return
  fi
  [[ $1 != -- ]] || shift
  (($# > 1)) || set -- - "$1"
  local action=$1 signal others=()
  shift
  for signal; do
    case ${signal^^} in
      EXIT | SIGEXIT | 0)
        ar_exit_trap=$action
        [[ $action != - ]] || ar_exit_trap=''
        ;;
      TERM | SIGTERM | 15)
        if [[ $action == - ]]; then builtin trap 'builtin exit 143' TERM; else others+=(TERM); fi
        ;;
      *) others+=("$signal") ;;
    esac
  done
  # shellcheck disable=SC2064
  ((${#others[@]} == 0)) || builtin trap -- "$action" "${others[@]}"
}

# Runs a preflight's own EXIT trap in a subshell: an exit in it decides the code and no more.
ar_run_exit_trap() {
  [[ -n $ar_exit_trap ]] || return "$1"
  (
    builtin trap - EXIT ERR
    ar_code=$1
    ar_status() { return "$ar_code"; }
    ar_status # so that the trap finds the code in $?
    eval "$ar_exit_trap"
    builtin exit "$ar_code"
  )
}

# Our EXIT trap while a preflight runs: it said `exit`, or a line of it failed. Takes the code.
ar_on_exit() {
  builtin trap - EXIT ERR DEBUG RETURN
  set +eu
  ar_run_exit_trap "$1"
  local code=$?
  if ((code != 0)); then
    ar_fail "${ar_stages[ar_stage]}" "$ar_line" "$ar_file" "$code"
  fi
  unset -f trap
  declare -f >"$ar_folder/state/functions"
  # a new bash would read BASH_ENV again and undo what the preflights changed
  if [[ -n ${BASH_ENV+set} ]]; then
    export AR_BASH_ENV="$BASH_ENV"
    unset BASH_ENV
  fi
  # by its path: the task's own PATH may have none
  exec "$ar_bash" --noprofile --norc "$ar_folder/start.sh" "$((ar_stage + 1))"
}

ar_stage=${1:-0}
set --
if ((ar_stage > 0)); then
  # shellcheck source=/dev/null
  source "$ar_folder/state/functions"
  if [[ -n ${AR_BASH_ENV+set} ]]; then
    export BASH_ENV="$AR_BASH_ENV"
    unset AR_BASH_ENV
  fi
else
  ar_prepare
  [[ $ar_desktop == none ]] || ar_start_desktop
fi

for (( ; ar_stage < ${#ar_stages[@]}; ar_stage++)); do
  ar_shell_options=$(set +o && shopt -p)
  ar_exit_trap='' ar_line='' ar_file=''
  trap() { ar_trap "$@"; }
  builtin trap 'builtin exit 143' TERM
  builtin trap 'ar_on_exit "$?"' EXIT
  builtin trap 'ar_line=$LINENO ar_file=${BASH_SOURCE[0]}' ERR
  set -Eeo pipefail
  # shellcheck source=/dev/null
  source "$ar_folder/${ar_stages[ar_stage]}.sh" </dev/null
  ar_code=$?
  builtin trap - EXIT ERR DEBUG RETURN
  builtin eval "$ar_shell_options"
  unset -f trap
  ar_run_exit_trap "$ar_code"
  ar_code=$?
  ((ar_code == 0)) || ar_fail "${ar_stages[ar_stage]}" "$ar_line" "$ar_file" "$ar_code"
done

if [[ -e $ar_folder/state/posix ]]; then
  ar_posix=$(<"$ar_folder/state/posix")
fi
ar_now=${EPOCHREALTIME:-$(printf '%(%s)T' -1)}
printf '%s' "${ar_now/,/.}" >"$ar_folder/state/started"
# A signal for the task reaches its whole process group. The shells in it wait for what they run, so
# that the agent has its full time to end, and the screen can be kept.
builtin trap ':' TERM
if [[ $ar_run == agent ]]; then
  ar_read_list "$ar_folder/agent"
  ar_agent=("${ar_list[@]}")
  # where the agent's own layer puts it for a user who may not write elsewhere
  type -P "${ar_agent[0]}" >/dev/null || PATH=$PATH:$HOME/.local/bin
  if ! type -P "${ar_agent[0]}" >/dev/null; then
    : >"$ar_folder/state/not-found"
    ar_end 127
  fi
  # from here on standard output is the agent's own
  [[ -z $ar_mark ]] || printf '%s\n' "$ar_mark"
  (
    [[ -z ${ar_posix-} ]] || export "${ar_posix?}"
    exec "${ar_agent[@]}" <"$ar_stdin"
  )
else
  (
    builtin trap 'builtin exit 143' TERM
    [[ -z ${ar_posix-} ]] || export "${ar_posix?}"
    set -eo pipefail
    # shellcheck source=/dev/null
    source "$ar_folder/command.sh" <"$ar_stdin"
  )
fi
ar_code=$?
ar_end "$ar_code"
