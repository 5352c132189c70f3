# shellcheck shell=bash
# shellcheck disable=SC2154 # have, say, die, as_root and the rest are install.sh's
# Appended to install.sh, in the same shell, when the desktop is to be recorded: ffmpeg.
if have ffmpeg; then
  say 'ffmpeg is installed already'
elif have apt-get; then
  need_root
  as_root apt-get -q -o Acquire::Retries=3 update
  apt_install ffmpeg
  apt_clean
elif have pacman; then
  need_root
  as_root pacman -Syu --needed --noconfirm ffmpeg
  pacman_clean
elif have dnf; then
  need_root
  # Fedora's own build, without patented codecs, is what its repositories have: start.sh then encodes VP9.
  as_root dnf install -y --setopt=install_weak_deps=False --setopt=tsflags=nodocs ffmpeg-free
  as_root dnf clean all
elif have apk; then
  need_root
  as_root apk add --no-cache ffmpeg
fi
have ffmpeg || die 'ffmpeg could not be installed'
