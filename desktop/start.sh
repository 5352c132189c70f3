#!/usr/bin/env bash
# Starts the headless desktop of a task and returns when it is ready: X and its window manager answer, noVNC serves
# vnc.html. Runs in the container as the task's user, whoever that is; does nothing to what is running already.
#
# The caller exports, for the agent (here they are exported for the services too):
#   DISPLAY=:1
#   QT_QPA_PLATFORM=xcb
#   XDG_RUNTIME_DIR=/tmp/agents-runner-desktop/$AGENTS_RUNNER_TASK_ID/run   (made here, mode 0700)
#
# Reads AGENTS_RUNNER_TASK_ID (default "task"), AGENTS_RUNNER_RECORD (1: record to /tmp/agents-artifacts/desktop.mp4).
# Ports: VNC 5901 on the container's loopback, noVNC 6080 on all its addresses. The logs lie in ../log of
# XDG_RUNTIME_DIR. A service that is not ready in time: its name and the end of its log on standard error, exit 1; what
# was started here is ended first, because the task may go on without a desktop.
set -o pipefail

# Seconds a service has from its own start (issue 5; Xvnc takes 0.1 s, so this is only for machines in trouble).
limit=15
display=:1
vnc_port=5901
novnc_port=6080
share=/usr/local/share/agent-runner-desktop
base=/tmp/agents-runner-desktop
task=${AGENTS_RUNNER_TASK_ID:-task}
task=${task//\//_}
root=$base/$task
log=$root/log
recording=/tmp/agents-artifacts/desktop.mp4

PATH=${PATH:-/usr/bin:/bin}:/usr/local/bin:/usr/bin:/bin:/usr/games
export PATH DISPLAY=$display XDG_RUNTIME_DIR=$root/run QT_QPA_PLATFORM=xcb
unset WAYLAND_DISPLAY XAUTHORITY

started=()         # what is reported
declare -A since=() # when each service was started here, in microseconds

# the time into $now, in microseconds; bash before 5 knows the second
clock() {
  now=${EPOCHREALTIME-}
  now=${now/[.,]/}
  [ -n "$now" ] || printf -v now '%(%s)T000000' -1
}
clock
began=$now
elapsed() { clock; echo $(((now - began) / 1000)); } # milliseconds

# Ends what was started here: TERM, a second, KILL. Each service leads a process group of its own.
give_up() {
  local signal name pid i
  exec 2>/dev/null # bash would report each of them
  for signal in TERM KILL; do
    for name in "${!since[@]}"; do
      read -r pid <"$root/pid/$name" || continue
      kill "-$signal" -- "-$pid" || kill "-$signal" "$pid" # it may not lead a group yet
    done
    for ((i = 0; i < 100; i++)); do
      any_alive || break 2
      read -r -t 0.01 -u "$pause"
    done
  done
  for name in "${!since[@]}"; do rm -f "$root/pid/$name"; done
  exit 1
}

any_alive() {
  local name pid
  for name in "${!since[@]}"; do
    if read -r pid <"$root/pid/$name" && { kill -0 -- "-$pid" || kill -0 "$pid"; }; then return 0; fi
  done
  return 1
}

die() {
  printf 'desktop: %s\n' "$*" >&2
  give_up
}

# fail SERVICE WHAT: the message and the end of the service's log.
fail() {
  {
    printf 'desktop: %s %s\n' "$1" "$2"
    if [ -s "$log/$1.log" ]; then
      printf 'desktop: the end of %s:\n' "$log/$1.log"
      tail -n 20 "$log/$1.log" | sed 's/^/  /'
    else
      printf 'desktop: its log is empty (%s)\n' "$log/$1.log"
    fi
  } >&2
  give_up
}

for program in fluxbox xterm websockify xprop setsid timeout; do
  command -v "$program" >/dev/null || die "$program is not installed"
done
xvnc=$(command -v Xvnc || command -v Xtigervnc) || die 'Xvnc is not installed'

# $base is shared by all users of the container, the rest is this user's.
mkdir -p "$base" "$log" "$root/run" "$root/pid" "$root/fluxbox/.fluxbox" /tmp/agents-artifacts /tmp/.X11-unix
chmod 1777 "$base" /tmp/.X11-unix 2>/dev/null
chmod 700 "$root/run" || die "$root/run is not to be had for uid $(id -u)"

# Some programs want a home to write to; a user without one gets a private one.
if [ ! -d "${HOME:-}" ] || [ ! -w "$HOME" ]; then
  export HOME=$root/home
  mkdir -p "$HOME"
fi

# A user number without a name has /bin/sh as its shell; the terminal is more use with bash.
[ "${SHELL:-/bin/sh}" != /bin/sh ] || export SHELL=$BASH

# A pipe nobody writes to: reading from it with a limit is a pause that starts no process.
exec {pause}<> <(:)

# serve NAME COMMAND...: starts a service in a session of its own, away from the task's process group and terminal.
# A background process ignores SIGINT, and so would everything below it, hence the trap.
serve() {
  local name=$1
  shift
  clock
  since[$name]=$now
  (
    trap - INT QUIT
    exec {pause}>&- 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- # nothing of the caller's stays open in a service
    exec setsid "$@"
  ) </dev/null >>"$log/$name.log" 2>&1 &
  echo "$!" >"$root/pid/$name"
}

alive() {
  local pid
  read -r pid 2>/dev/null <"$root/pid/$1" && kill -0 "$pid" 2>/dev/null
}

# until_ready SERVICE WHAT CHECK: asks until the check passes, the service is dead, or its time is over; once at least.
until_ready() {
  local service=$1 what=$2 own=${since[$1]:-}
  clock
  local deadline=$((${own:-$now} + limit * 1000000))
  until "$3"; do
    if [ -n "$own" ] && ! alive "$service"; then
      "$3" && return
      fail "$service" 'ended before it was ready'
    fi
    clock
    [ "$now" -lt "$deadline" ] || fail "$service" "did not come up within $limit s: $what"
    read -r -t 0.01 -u "$pause"
  done
}

# A server that hangs must not hang the question.
property() { timeout 2 xprop "$@" 2>/dev/null; }

x_answers() { [ -S "/tmp/.X11-unix/X${display#:}" ] && property -root _NET_SUPPORTED >/dev/null; }

# The root window names a window of the window manager's, and that window exists and names itself.
wm_answers() {
  local line window
  line=$(property -root _NET_SUPPORTING_WM_CHECK) || return 1
  window=${line##* }
  [[ $window == 0x* ]] || return 1
  line=$(property -id "$window" _NET_SUPPORTING_WM_CHECK) && [ "${line##* }" = "$window" ]
}

# In a process with a limit: whatever has the port may not accept, not answer, or never come to an end. The whole page
# is read, because closing early is an error in the server's log.
# shellcheck disable=SC2016 # the new shell's variables
ask_novnc='
  exec 3<>"/dev/tcp/127.0.0.1/$0" || exit
  printf "GET /vnc.html HTTP/1.0\r\nHost: localhost\r\n\r\n" >&3
  read -r status <&3
  [[ $status == "HTTP/1."?" 200"* ]] && exec cat <&3 >/dev/null'
novnc_answers() { BASH_ENV='' timeout 3 "$BASH" --noprofile --norc -c "$ask_novnc" "$novnc_port" 2>/dev/null; }

xterm_shown() { [[ $(property -root _NET_CLIENT_LIST) == *0x* ]]; }
recording_begun() { [ -s "$recording" ]; }

# How to encode with what this ffmpeg has: distributions leave x264 out because of its patents (Fedora's ffmpeg-free).
# Browsers play H.264 and VP9 in MP4, but not MPEG-4 part 2, which every ffmpeg has.
choose_encoder() {
  local known
  known=$(ffmpeg -hide_banner -encoders 2>/dev/null)
  case $known in
    *' libx264 '*) encoder=(libx264 -preset ultrafast -tune zerolatency -crf 28) ;;
    *' libvpx-vp9 '*) encoder=(libvpx-vp9 -deadline realtime -cpu-used 8 -row-mt 1 -lag-in-frames 0 -crf 36 -b:v 0) ;;
    *) encoder=(mpeg4 -q:v 4) ;;
  esac
}

# --- X ---------------------------------------------------------------------------------------------------------------

if ! x_answers; then
  # Nobody answers: what lies there is a killed server's, or came with a committed image.
  rm -f "/tmp/.X${display#:}-lock" "/tmp/.X11-unix/X${display#:}"
  # No password and no access list: the port is on the container's loopback, the socket in its /tmp. The size stays
  # what the screenshot and the recording expect, whatever the size of a viewer's window.
  serve Xvnc "$xvnc" "$display" -geometry 1280x800 -depth 24 -rfbport "$vnc_port" -localhost -SecurityTypes None \
    -AlwaysShared -AcceptSetDesktopSize=0 -ac -nolisten tcp -desktop 'Agent Runner'
  started+=(Xvnc)
fi

# --- noVNC does not need the others to start -------------------------------------------------------------------------

if ! novnc_answers; then
  web=
  for directory in "$share/novnc" /opt/agent-runner-desktop/usr/share/novnc /usr/share/novnc /usr/share/webapps/novnc; do
    if [ -e "$directory/vnc.html" ]; then
      web=$directory
      break
    fi
  done
  [ -n "$web" ] || die 'noVNC is not installed (no vnc.html)'
  serve novnc websockify --web "$web" "0.0.0.0:$novnc_port" "127.0.0.1:$vnc_port"
  started+=(novnc)
fi

# --- The window manager and a terminal ---------------------------------------------------------------------------------

# A home of its own for fluxbox, with everything in it: where there is no ~/.fluxbox, it writes its defaults over the
# file -rc names, and it would leave one in the user's home. The menu gives what it starts the user's home back.
own_fluxbox=$root/fluxbox/.fluxbox
fluxbox_command=(env "HOME=$root/fluxbox" "AGENTS_RUNNER_HOME=$HOME" fluxbox -rc "$own_fluxbox/init")
if [ -r "$share/fluxbox/init" ]; then
  cp "$share/fluxbox/"* "$own_fluxbox/"
elif [ -e "$HOME/.fluxbox/init" ]; then
  fluxbox_command=(fluxbox)
else
  # A setup script that is not ours and configures nothing: the distribution's style, but for its wallpaper, which goes
  # through fbsetbg and ends in an error dialog where there is no program to set one.
  printf '%s\n' 'session.configVersion: 13' "session.styleOverlay: $own_fluxbox/overlay" \
    'session.screen0.rootCommand:' >"$own_fluxbox/init"
  echo 'background: unset' >"$own_fluxbox/overlay"
fi

until_ready Xvnc "X does not answer on $display" x_answers

# An X server of this run has no window manager yet: asking would take time.
if [ "${started[0]:-}" = Xvnc ] || ! wm_answers; then
  serve fluxbox "${fluxbox_command[@]}"
  started+=(fluxbox)
  if [ -r "$share/background" ] && command -v fbsetroot >/dev/null; then
    read -ra background <"$share/background"
    serve background fbsetroot "${background[@]}"
  fi
  if [ -r "$share/Xresources" ]; then
    property -root -f RESOURCE_MANAGER 8s -set RESOURCE_MANAGER "$(<"$share/Xresources")"
  fi
  serve xterm xterm -geometry 100x30+40+40 -title Terminal
  started+=(xterm)
fi
if [ "${AGENTS_RUNNER_RECORD:-}" = 1 ] && ! alive ffmpeg; then
  command -v ffmpeg >/dev/null || die 'ffmpeg is not installed, and the desktop is to be recorded: an own desktop-install-script has to install it'
  rm -f "$recording"
  choose_encoder
  # Fragments of one second, each complete in itself and written at once: the file can be played up to the last one
  # even if ffmpeg is killed.
  serve ffmpeg ffmpeg -nostdin -hide_banner -loglevel warning -y -f x11grab -framerate 10 -video_size 1280x800 \
    -i "$display" -c:v "${encoder[@]}" -pix_fmt yuv420p -g 10 \
    -movflags +frag_keyframe+empty_moov+default_base_moof -flush_packets 1 "$recording"
  started+=(ffmpeg)
fi

until_ready fluxbox 'the window manager does not answer' wm_answers
until_ready novnc "no vnc.html on port $novnc_port" novnc_answers
for service in "${started[@]}"; do
  case $service in
    xterm) until_ready xterm 'it shows no window' xterm_shown ;;
    ffmpeg) until_ready ffmpeg "nothing in $recording" recording_begun ;;
    *) alive "$service" || fail "$service" 'ended while the desktop was starting' ;;
  esac
done

# fbsetroot ends when it has drawn. A desktop without its background is one, too.
if [ -n "${since[background]:-}" ]; then
  for ((i = 0; i < 200; i++)); do
    alive background || break
    read -r -t 0.01 -u "$pause"
  done
fi

if [ ${#started[@]} -eq 0 ]; then
  echo "desktop: already running on $display"
else
  printf 'desktop: ready on %s in %d ms (%s), noVNC on port %d, logs in %s\n' \
    "$display" "$(elapsed)" "${started[*]}" "$novnc_port" "$log"
fi
