#!/usr/bin/env bash
# Installs the headless desktop: TigerVNC's Xvnc, fluxbox, xterm, noVNC with websockify, and the tools an agent drives
# it with (import, xdotool, wmctrl, xdpyinfo, xprop, xwininfo). Configuration is setup.sh's, starting is start.sh's.
#
# Runs as root or with sudo, on Debian/Ubuntu (apt), Arch (yay or pacman), Fedora (dnf) and Alpine (apk), needs nothing
# but its own text, and does nothing where everything is there already.
#
# On Debian the leaf programs are unpacked under /opt/agent-runner-desktop and only what they load is installed as
# packages: whole packages come to 870 MB, most of it never used here (docs/desktop.md has the table). Where a release has
# not what that takes, the whole packages are installed; an error of apt's is an error.
set -eo pipefail

prefix=/opt/agent-runner-desktop
# The system's own directories last: images do not always have sbin on the PATH of their user.
PATH=$PATH:/usr/local/bin:/usr/sbin:/sbin
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

say() { printf 'desktop install: %s\n' "$*"; }
die() {
  printf 'desktop install: %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# --- What has to be there ----------------------------------------------------------------------------------------

novnc_directory() {
  local directory
  for directory in "$prefix/usr/share/novnc" /usr/share/novnc /usr/share/webapps/novnc; do
    [ -e "$directory/vnc.html" ] && return 0
  done
  return 1
}

# Prints what is missing, one name a line; nothing when the desktop is complete.
missing() {
  have Xvnc || have Xtigervnc || echo Xvnc
  local program
  for program in fluxbox xterm websockify import xdotool wmctrl xdpyinfo xprop xwininfo; do
    have "$program" || echo "$program"
  done
  novnc_directory || echo noVNC
}

# --- Root ----------------------------------------------------------------------------------------------------------

user=$(id -u)
as_root() {
  if [ "$user" = 0 ]; then
    "$@"
  else
    sudo -n DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"
  fi
}

need_root() {
  [ "$user" != 0 ] || return 0
  local who="the image's user (uid $user) is not root"
  have sudo || die "$who and there is no sudo: packages cannot be installed"
  sudo -n true 2>/dev/null || die "$who and may not use sudo, or not without a password: packages cannot be installed"
}

# --- Debian and Ubuntu -----------------------------------------------------------------------------------------------

# Documentation is left out of this installation alone (options, not a file in /etc): what the user installs later has
# its own. Copyright files stay.
apt_options=(
  -y -q -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 -o APT::Install-Recommends=false -o APT::Install-Suggests=false
  -o Dpkg::Options::=--path-exclude=/usr/share/doc/*
  -o Dpkg::Options::=--path-include=/usr/share/doc/*/copyright
  -o Dpkg::Options::=--path-exclude=/usr/share/man/*
  -o Dpkg::Options::=--path-exclude=/usr/share/info/*
  -o Dpkg::Options::=--path-exclude=/usr/share/locale/*/LC_MESSAGES/*
  -o Dpkg::Options::=--path-exclude=/usr/share/lintian/*
  -o Dpkg::Options::=--path-exclude=/usr/share/bug/*
)
apt_install() {
  as_root apt-get "${apt_options[@]}" install "$@" || die 'apt-get could not install the packages (it says why above)'
}
# apt_download DIRECTORY PACKAGE...
apt_download() {
  local directory=$1
  shift
  (cd "$directory" && apt-get -q -o Acquire::Retries=3 -o APT::Sandbox::User=root download "$@") ||
    die 'apt-get could not download the packages (it says why above)'
}

# The Depends of a package, one name a line, versions and alternatives cut off.
apt_depends() {
  apt-cache show --no-all-versions "$1" 2>/dev/null |
    sed -n 's/^\(Pre-\)\{0,1\}Depends: //p' | tr ',' '\n' |
    sed -e 's/|.*//' -e 's/([^)]*)//g' -e 's/:[a-z0-9]*//g' -e 's/[[:space:]]//g' | grep . || true
}

apt_known() { [ -n "$(apt-cache show --no-all-versions "$1" 2>/dev/null)" ]; }
apt_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

unpack=()   # packages whose files go under $prefix, without being installed
packages=() # packages that are installed
unknown=()  # packages that would be unpacked, and this release does not have

to_unpack() {
  apt_installed "$1" && return 1
  if apt_known "$1"; then unpack+=("$1"); else unknown+=("${1:-(a dependency)}"); fi
}

# unpacked PACKAGE REGEX: PACKAGE is unpacked, those of its dependencies that do not match REGEX are installed.
unpacked() {
  local dependency
  to_unpack "$1" || return 0
  while read -r dependency; do
    [[ $dependency =~ ^($2)$ ]] || packages+=("$dependency")
  done < <(apt_depends "$1")
}

# unpacked_with PACKAGE REGEX: the other way round, only the dependencies that match REGEX are installed.
unpacked_with() {
  local dependency
  to_unpack "$1" || return 0
  while read -r dependency; do
    if [[ $dependency =~ ^($2)$ ]]; then packages+=("$dependency"); fi
  done < <(apt_depends "$1")
}

# The first dependency of a package whose name matches: library names carry versions that differ between releases.
dependency_of() { apt_depends "$1" | grep -m1 -E "^($2)$"; }

# A program in /usr/local/bin that runs the one under $prefix, unless the real package has been installed since.
wrapper() {
  local name=$1 packaged=$2
  shift 2
  printf '%s\n' '#!/bin/sh' "[ -x $packaged ] && exec $packaged \"\$@\"" "$*" |
    as_root tee "/usr/local/bin/$name" >/dev/null
  as_root chmod 755 "/usr/local/bin/$name"
}

# Fills the lists. Fails when the release does not have what is expected; asks apt's lists and nobody else, so that an
# error of the network is never taken for that.
apt_plan() {
  local imlib magick core wand common
  # Perl is for the wrapper script around Xvnc; libgl1 (and libgbm1, since Debian 13) would bring Mesa with LLVM, 200 MB.
  # Xvnc is linked against their dispatchers only, and finds Mesa by itself when something the user installs brings it.
  unpacked tigervnc-standalone-server 'perl|libfile-readbackwards-perl|tigervnc-.*|libgl1|libgbm1'
  unpacked x11-utils libgl1
  unpacked_with libgl1 'libc6|libglvnd0'
  unpacked_with libglx0 'libc6|libglvnd0|libx11-6'
  if dependency_of tigervnc-standalone-server libgbm1 >/dev/null; then
    unpacked_with libgbm1 'libc6|libdrm2|libexpat1|libwayland-server0'
  fi
  # menu is Debian's menu generator; libimlib2's image loaders bring Ghostscript, x265 and librsvg. The style of
  # setup.sh has no images.
  imlib=$(dependency_of fluxbox 'libimlib2.*')
  unpacked fluxbox 'menu|libimlib2.*'
  unpacked_with "$imlib" 'libc6|libfreetype6|libx11-.*|libxcb.*|libxext6'
  # HEIC is the one format import cannot write without libheif1 (x265, aom: 25 MB).
  magick=$(dependency_of imagemagick 'imagemagick-[0-9].*')
  core=$(dependency_of "$magick" 'libmagickcore-.*')
  wand=$(dependency_of "$magick" 'libmagickwand-.*')
  common=$(dependency_of "$core" 'imagemagick-.*-common')
  unpacked "$magick" 'libmagick.*|hicolor-icon-theme'
  unpacked "$core" 'libheif.*|imagemagick-.*-common'
  unpacked "$wand" 'libmagick.*|imagemagick-.*-common'
  unpacked "$common" '.*'
  # noVNC's package depends on Node.js and OpenStack's libraries, websockify's on numpy, which it does without.
  unpacked_with novnc -
  unpacked_with python3-websockify -
  packages+=(xterm xdotool wmctrl python3 x11-xkb-utils xkb-data)

  if [ ${#unknown[@]} -gt 0 ]; then
    say "apt does not have all that would be unpacked: ${unknown[*]}"
    return 1
  fi
  apt-get "${apt_options[@]}" -s install "${packages[@]}" >/dev/null
}

apt_lean() {
  local work library tool name
  apt_install "${packages[@]}"

  if [ ${#unpack[@]} -gt 0 ]; then
    work=$(mktemp -d)
    apt_download "$work" "${unpack[@]}"
    as_root mkdir -p "$prefix"
    for name in "$work"/*.deb; do
      dpkg-deb --fsys-tarfile "$name" | as_root tar -x -C "$prefix" --no-same-owner --wildcards \
        --exclude='./usr/share/man' --exclude='./usr/share/info' --exclude='./usr/share/locale' \
        --exclude='./usr/share/lintian' --exclude='./usr/share/bug' --exclude='./usr/share/fluxbox/nls' \
        --exclude='./usr/share/doc/*/[!c]*' --exclude='./usr/share/doc/*/changelog*' ||
        die "${name##*/} could not be unpacked"
    done
    rm -rf "$work"
  fi

  # After the system's own directories ("zz"), so that a package installed later wins.
  library=$(find "$prefix/usr/lib" \( -name 'libMagickCore-*.so.*' -o -name 'libGL.so.*' \) -printf '%h\n' -quit)
  if [ -n "$library" ]; then
    printf '%s\n' "$library" | as_root tee /etc/ld.so.conf.d/zz-agent-runner-desktop.conf >/dev/null
    as_root ldconfig
  fi
  [ ! -x "$prefix/usr/bin/Xtigervnc" ] || wrapper Xvnc /usr/bin/Xtigervnc "exec $prefix/usr/bin/Xtigervnc \"\$@\""
  for tool in fluxbox fluxbox-update_configs fluxbox-remote fbsetroot fbrun xdpyinfo xprop xwininfo xev xlsclients \
    xlsfonts xkill xmessage; do
    [ ! -x "$prefix/usr/bin/$tool" ] || wrapper "$tool" "/usr/bin/$tool" "exec $prefix/usr/bin/$tool \"\$@\""
  done
  # ImageMagick has its paths compiled in; these variables name the unpacked ones.
  for tool in "$prefix"/usr/bin/*-im[0-9]*; do
    [ -x "$tool" ] || continue
    name=${tool##*/}
    wrapper "${name%%-im[0-9]*}" "/usr/bin/${name%%-im[0-9]*}" "$(magick_environment)exec $tool \"\$@\""
  done
  if [ -d "$prefix/usr/lib/python3/dist-packages/websockify" ]; then
    as_root python3 -m compileall -q "$prefix/usr/lib/python3/dist-packages/websockify"
    wrapper websockify /usr/bin/websockify \
      "PYTHONPATH=$prefix/usr/lib/python3/dist-packages exec python3 -m websockify \"\$@\""
  fi
}

# Whether everything that was unpacked finds its libraries, and nothing is missing.
apt_complete() {
  local unresolved lacking
  unresolved=$(find "$prefix/usr/bin" -type f -exec ldd {} + 2>/dev/null | grep 'not found' | sort -u || true)
  [ -z "$unresolved" ] || say "unpacked programs lack libraries: $unresolved"
  lacking=$(missing)
  [ -z "$lacking" ] || say "still missing: ${lacking//$'\n'/ }"
  [ -z "$unresolved$lacking" ]
}

magick_environment() {
  local modules configure
  modules=$(find "$prefix/usr/lib" -type d -name coders -print -quit)
  configure=$(find "$prefix/etc" "$prefix/usr/share" "$prefix/usr/lib" -maxdepth 3 -type f -name '*.xml' -o \
    -maxdepth 3 -name configure.xml | sed 's|/[^/]*$||' | grep -i magick | sort -u | paste -sd: -)
  printf 'MAGICK_CODER_MODULE_PATH=%s MAGICK_CODER_FILTER_PATH=%s MAGICK_CONFIGURE_PATH=%s ' \
    "$modules" "${modules%/coders}/filters" "$configure"
}

# Whole packages, the plain way.
apt_whole() {
  local work
  as_root rm -rf "$prefix"
  as_root rm -f /etc/ld.so.conf.d/zz-agent-runner-desktop.conf
  as_root ldconfig
  apt_install tigervnc-standalone-server fluxbox xterm websockify imagemagick x11-utils xdotool wmctrl
  work=$(mktemp -d)
  apt_download "$work" novnc
  as_root mkdir -p "$prefix"
  as_root dpkg-deb -x "$work"/novnc*.deb "$prefix"
  rm -rf "$work"
}

apt_clean() {
  as_root apt-get clean
  as_root find /var/lib/apt/lists /var/cache/ldconfig -mindepth 1 -delete
  as_root rm -f /var/lib/dpkg/status-old /var/lib/dpkg/diversions-old /var/cache/debconf/config.dat-old \
    /var/cache/debconf/templates.dat-old /var/log/dpkg.log /var/log/alternatives.log /var/log/apt/*.log
}

install_apt() {
  need_root
  as_root apt-get -q -o Acquire::Retries=3 update || die 'apt-get could not load its lists (it says why above)'
  # apt-get update succeeds without a network, too.
  apt_known tigervnc-standalone-server ||
    die 'apt knows no tigervnc-standalone-server: its lists could not be had, or this release is too old'
  local lean=false
  if apt_plan; then
    apt_lean # not as a condition: "set -e" does nothing inside one
    if apt_complete; then lean=true; fi
  fi
  if [ "$lean" = false ]; then
    say 'the lean way does not fit this release, installing whole packages'
    apt_whole
  fi
  apt_clean
}

# --- Arch and PixelArch ------------------------------------------------------------------------------------------------

arch_packages=(
  tigervnc fluxbox xterm websockify imagemagick xdotool wmctrl xorg-xdpyinfo xorg-xprop xorg-xwininfo xorg-xauth
  ttf-dejavu
)
novnc_version=1.5.0
# Of GitHub's archive of the tag, which is "git archive --prefix=noVNC-1.5.0/ v1.5.0 | gzip -n" of its repository.
novnc_sha256=6a73e41f98388a5348b7902f54b02d177cb73b7e5eb0a7a0dcf688cc2c79b42a

# -Syu, because Arch supports no partial upgrades: fresh lists with an old system break what shares libraries.
#
# noVNC is in Arch's user repository. yay builds it, but never as root: root hands it to a user that may use sudo. When
# that does not work, it is downloaded.
install_arch() {
  local builder not_built='yay could not build noVNC (it says why above)'
  need_root
  if have yay && [ "$user" != 0 ]; then
    yay -Syu --needed --noconfirm "${arch_packages[@]}"
    yay -S --needed --noconfirm novnc || say "$not_built"
  else
    as_root pacman -Syu --needed --noconfirm "${arch_packages[@]}"
    if have yay; then
      builder=$(sudo_user)
      [ -z "$builder" ] ||
        runuser -u "$builder" -- env HOME="$(getent passwd "$builder" | cut -d: -f6)" \
          yay -S --needed --noconfirm novnc || say "$not_built"
    fi
  fi
  novnc_directory || download_novnc
  pacman_clean
}

# "-Scc" asks, and answering "yes" empties the cache; pacman ends before "yes" does.
pacman_clean() { yes | as_root pacman -Scc >/dev/null || true; }

# The first ordinary user that may become root without a password, if there is one.
sudo_user() {
  local name id
  have sudo || return 0
  while IFS=: read -r name _ id _; do
    if [ "$id" -ge 1000 ] && [ "$id" -lt 60000 ] && runuser -u "$name" -- sudo -n true 2>/dev/null; then
      printf '%s\n' "$name"
      return 0
    fi
  done < <(getent passwd)
}

# Nothing of the download is unpacked before it is what it was when this was written.
download_novnc() {
  local work url=https://github.com/novnc/noVNC/archive/refs/tags/v$novnc_version.tar.gz
  local instead='install noVNC in the base image, or use desktop-install-script'
  say "noVNC is in no configured repository, downloading $novnc_version"
  have curl || die "noVNC is in no configured repository, and there is no curl to download it: $instead"
  work=$(mktemp -d)
  curl -fsSL --retry 3 -o "$work/novnc.tar.gz" "$url" || die "noVNC could not be downloaded from $url: $instead"
  printf '%s  %s\n' "$novnc_sha256" "$work/novnc.tar.gz" | sha256sum -c --status ||
    die "what came from $url does not have the SHA-256 $novnc_sha256: $instead"
  tar -xzf "$work/novnc.tar.gz" -C "$work"
  as_root mkdir -p "$prefix/usr/share"
  as_root cp -r "$work/noVNC-$novnc_version" "$prefix/usr/share/novnc"
  rm -rf "$work"
}

# --- Fedora ------------------------------------------------------------------------------------------------------------

install_dnf() {
  need_root
  as_root dnf install -y --setopt=install_weak_deps=False --setopt=tsflags=nodocs \
    tigervnc-server-minimal fluxbox xterm novnc python3-websockify ImageMagick xdotool wmctrl xdpyinfo xprop xwininfo \
    dejavu-sans-mono-fonts util-linux
  as_root dnf clean all
}

# --- Alpine ------------------------------------------------------------------------------------------------------------

install_apk() {
  need_root
  as_root apk add --no-cache \
    tigervnc fluxbox xterm novnc websockify imagemagick xdotool wmctrl xdpyinfo xprop xwininfo xkbcomp \
    xkeyboard-config font-dejavu
}

# -----------------------------------------------------------------------------------------------------------------------

if [ -z "$(missing)" ]; then
  say 'everything is installed already'
elif have apt-get; then
  install_apt
elif have pacman; then
  install_arch
elif have dnf; then
  install_dnf
elif have apk; then
  install_apk
else
  die "no package manager it knows (apt-get, yay, pacman, dnf, apk): use desktop-install-script, or an image that has $(missing | paste -sd ' ' -)"
fi

lacking=$(missing)
[ -z "$lacking" ] || die "installed, and still missing: ${lacking//$'\n'/ }"
