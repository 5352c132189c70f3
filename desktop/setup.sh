#!/usr/bin/env bash
# Configures the desktop that install.sh installed: fluxbox's files and look, xterm's defaults, noVNC's web root. All of
# it lies in /usr/local/share/agent-runner-desktop, readable by everyone and written by nobody at task start, so that
# any user number can start the desktop, with or without a home directory.
set -eo pipefail

share=/usr/local/share/agent-runner-desktop
PATH=$PATH:/usr/local/bin:/usr/sbin:/sbin

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}
write() { as_root tee "$share/$1" >/dev/null; }

# install.sh has succeeded, so such an image came with a desktop; start.sh starts it as the image has it.
# To have sudo is not to be allowed to use it, or not without a password.
if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
  echo "desktop setup: uid $(id -u) is not root and may not become root through sudo, nothing is configured"
  exit 0
fi

umask 022
as_root mkdir -p "$share/fluxbox"

# --- fluxbox -------------------------------------------------------------------------------------------------------

# start.sh gives fluxbox a copy of this directory as its ~/.fluxbox, because it writes to init.
write fluxbox/init <<EOC
session.configVersion: 13
session.keyFile: $share/fluxbox/keys
session.menuFile: $share/fluxbox/menu
session.appsFile: $share/fluxbox/apps
session.styleFile: $share/fluxbox/style
session.styleOverlay: $share/fluxbox/overlay
session.slitlistFile: $share/fluxbox/slitlist
session.screen0.windowMenu: $share/fluxbox/windowmenu
session.screen0.workspaces: 1
session.screen0.workspaceNames: Desktop,
session.screen0.focusNewWindows: true
session.screen0.focusModel: ClickFocus
session.screen0.windowPlacement: RowSmartPlacement
session.screen0.edgeSnapThreshold: 8
session.screen0.opaqueMove: true
session.screen0.toolbar.visible: true
session.screen0.toolbar.autoHide: false
session.screen0.toolbar.widthPercent: 100
session.screen0.toolbar.height: 24
session.screen0.toolbar.placement: BottomCenter
session.screen0.toolbar.tools: iconbar, systemtray, clock
session.screen0.iconbar.mode: {static groups} (workspace)
session.screen0.strftimeFormat: %H:%M
session.screen0.tab.placement: TopLeft
session.screen0.tabs.intitlebar: true
session.screen0.rootCommand:
EOC

# The background is drawn by fluxbox's own fbsetroot, which start.sh calls with these arguments. A style that has one
# goes through fbsetbg, which wants a wallpaper setter and shows an error dialog where there is none.
write background <<'EOC'
-gradient vertical -from #1f2a44 -to #3d5a80
EOC

write fluxbox/style <<'EOC'
! Agent Runner
background: unset

*.font: DejaVu Sans-9
*.justify: left
borderWidth: 0
borderColor: #16202f

menu.bevelWidth: 4
menu.borderWidth: 1
menu.borderColor: #16202f
menu.title: flat solid
menu.title.color: #16202f
menu.title.textColor: #ffffff
menu.title.font: DejaVu Sans-9:bold
menu.frame: flat solid
menu.frame.color: #f4f6fa
menu.frame.textColor: #1f2a44
menu.frame.disableColor: #8d99ae
menu.hilite: flat solid
menu.hilite.color: #3d5a80
menu.hilite.textColor: #ffffff
menu.bullet: triangle
menu.bullet.position: right

toolbar: flat solid
toolbar.color: #16202f
toolbar.borderWidth: 0
toolbar.bevelWidth: 0
toolbar.clock: flat solid
toolbar.clock.color: #16202f
toolbar.clock.textColor: #dfe7f1
toolbar.clock.justify: center
toolbar.clock.borderWidth: 0
toolbar.iconbar.borderWidth: 0
toolbar.iconbar.empty: flat solid
toolbar.iconbar.empty.color: #16202f
toolbar.iconbar.focused: flat solid
toolbar.iconbar.focused.color: #3d5a80
toolbar.iconbar.focused.textColor: #ffffff
toolbar.iconbar.focused.borderWidth: 0
toolbar.iconbar.unfocused: flat solid
toolbar.iconbar.unfocused.color: #24324a
toolbar.iconbar.unfocused.textColor: #b8c4d6
toolbar.iconbar.unfocused.borderWidth: 0

window.bevelWidth: 4
window.borderWidth: 1
window.borderColor: #16202f
window.title.height: 22
window.title.focus: flat solid
window.title.focus.color: #2b3c5c
window.title.unfocus: flat solid
window.title.unfocus.color: #46546c
window.label.focus: flat solid
window.label.focus.color: #2b3c5c
window.label.focus.textColor: #ffffff
window.label.focus.font: DejaVu Sans-9:bold
window.label.unfocus: flat solid
window.label.unfocus.color: #46546c
window.label.unfocus.textColor: #c9d3e2
window.label.active: flat solid
window.label.active.color: #2b3c5c
window.label.active.textColor: #ffffff
window.justify: center
window.button.focus: flat solid
window.button.focus.color: #2b3c5c
window.button.focus.picColor: #ffffff
window.button.unfocus: flat solid
window.button.unfocus.color: #46546c
window.button.unfocus.picColor: #c9d3e2
window.button.pressed: flat solid
window.button.pressed.color: #3d5a80
window.button.pressed.picColor: #ffffff
window.handleWidth: 3
window.handle.focus: flat solid
window.handle.focus.color: #2b3c5c
window.handle.unfocus: flat solid
window.handle.unfocus.color: #46546c
window.grip.focus: flat solid
window.grip.focus.color: #2b3c5c
window.grip.unfocus: flat solid
window.grip.unfocus.color: #46546c
window.frame.focusColor: #2b3c5c
window.frame.unfocusColor: #46546c
EOC

write fluxbox/menu <<'EOC'
[begin] (Agent Runner)
  [exec] (Terminal) {HOME="$AGENTS_RUNNER_HOME" exec xterm}
  [workspaces] (Windows)
  [separator]
  [reconfig] (Reload configuration)
  [restart] (Restart fluxbox)
[end]
EOC

write fluxbox/keys <<'EOC'
OnDesktop Mouse1 :HideMenus
OnDesktop Mouse3 :RootMenu
OnTitlebar Mouse1 :MacroCmd {Raise} {Focus} {ActivateTab}
OnTitlebar Move1 :StartMoving
OnTitlebar Double Mouse1 :Maximize
OnTitlebar Mouse3 :WindowMenu
OnWindow Mouse1 :MacroCmd {Raise} {Focus}
OnWindow Mod1 Mouse1 :MacroCmd {Raise} {Focus} {StartMoving}
OnWindow Mod1 Mouse3 :MacroCmd {Raise} {Focus} {StartResizing NearestCorner}
OnWindowBorder Move1 :StartMoving
OnLeftGrip Move1 :StartResizing bottomleft
OnRightGrip Move1 :StartResizing bottomright
Mod1 Tab :NextWindow {groups} (workspace=[current])
Mod1 F4 :Close
EOC

write fluxbox/windowmenu <<'EOC'
[begin]
  [maximize]
  [iconify]
  [raise]
  [lower]
  [separator]
  [close]
[end]
EOC
: | write fluxbox/apps
: | write fluxbox/overlay
: | write fluxbox/slitlist

# --- xterm ---------------------------------------------------------------------------------------------------------

# start.sh puts these on the root window, where every xterm finds them. (xrdb would come with 45 MB of other programs.)
write Xresources <<'EOC'
XTerm*faceName: DejaVu Sans Mono
XTerm*faceSize: 10
XTerm*background: #10151f
XTerm*foreground: #dfe7f1
XTerm*cursorColor: #7fb4ff
XTerm*scrollBar: false
XTerm*saveLines: 5000
XTerm*internalBorder: 6
XTerm*utf8: 1
XTerm*selectToClipboard: true
EOC

# --- noVNC ---------------------------------------------------------------------------------------------------------

# One place, wherever the package has its files, with a start page that connects by itself.
as_root rm -rf "$share/novnc"
as_root mkdir -p "$share/novnc"
for directory in /opt/agent-runner-desktop/usr/share/novnc /usr/share/novnc /usr/share/webapps/novnc; do
  if [ -e "$directory/vnc.html" ]; then
    as_root ln -s "$directory"/* "$share/novnc/"
    break
  fi
done
as_root rm -f "$share/novnc/index.html"
write novnc/index.html <<'EOC'
<!DOCTYPE html>
<meta charset="utf-8">
<title>Agent Runner</title>
<meta http-equiv="refresh" content="0; url=vnc.html?autoconnect=1&resize=scale">
<a href="vnc.html?autoconnect=1&resize=scale">Desktop</a>
EOC

# The directories X wants: made by root once, so that no user's X server complains about their owner.
as_root mkdir -p /tmp/.X11-unix /tmp/.ICE-unix
as_root chmod 1777 /tmp/.X11-unix /tmp/.ICE-unix
