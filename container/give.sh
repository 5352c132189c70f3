#!/usr/bin/env bash
# give.sh FOLDER USER GROUP WHOSE: gives every file below FOLDER that belongs to somebody else to USER:GROUP, and touches
# no other: links themselves, not what they lead to, and no other file system. Runs as root in a container of its own,
# its text an argument of bash. That ends set-user-ID; to the WHOSE `runner`, files with it are given whosever they are.
#
# With the WHOSE `runner` the two numbers are those of the runner's machine. In a container of a rootless engine (or one
# with user namespaces) they have others, or none: then nothing can be given, and nothing is done. Else they are the
# container's own.
set -u

# in_here MAP NUMBER: what a number outside of the container is called in it.
in_here() {
  local first outside count
  while read -r first outside count; do
    if (($2 >= outside && $2 < outside + count)); then
      echo "$((first + $2 - outside))"
      return 0
    fi
  done <"/proc/self/$1"
  return 1
}

folder=$1 user=$2 group=$3
if [[ $4 == runner ]]; then
  user=$(in_here uid_map "$user") && group=$(in_here gid_map "$group") || exit 0
fi
# of a workspace that is somebody else's, the runner itself cannot take them away
special=()
[[ $4 != runner ]] || special=(-o -type f -perm /6000)
# the repository's own folder may be on another file system; one that is lent read-only can be given to nobody
folders=("$folder") apart=()
if [[ -d $folder/.git && ! -L $folder/.git ]]; then
  if [[ -w $folder/.git ]]; then folders+=("$folder/.git"); else apart=(-path "$folder/.git" -prune -o); fi
fi
if command -v find >/dev/null; then
  # `-user` with a number, because busybox' find has no `-uid`
  # bash before 4.4 takes an empty list for an unset one
  foreign=("${folders[@]}" -xdev ${apart[@]+"${apart[@]}"} "(" ! -user "$user" ${special[@]+"${special[@]}"} ")")
  find "${foreign[@]}" -exec chown -h "$user:$group" {} + ||
    # what lies so deep that no path leads there, where find can do that
    find "${foreign[@]}" -execdir chown -h "$user:$group" {} +
else
  chown -Rh "$user:$group" "$folder"
fi
