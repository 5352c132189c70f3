#!/usr/bin/env bash
# Installs an agent's command line tool with npm, as a build script: bash -eo pipefail, the image's own user, in `/`.
# The action writes agent, binary, package, version and node (the major version of Node.js that it needs at least)
# before this text.
#
# It brings what the tool needs where the image lacks it, installs it, and sees it start: a layer that npm is content
# with may still be dead (a blocked install script, a binary that was left out, an older Node.js). Only the tool's own
# install script is run, whatever npm does by default.
# shellcheck disable=SC2154

bundles=/tmp/agents-cached-files

say() { echo "$1" >&2; }
fail() { say "$1"; exit 1; }

# an image's own user may not write where programs for everybody are
as_root=() prefix=/usr/local
if ((EUID != 0)) && [[ ! -w /usr/local/bin || ! -w /usr/local/lib ]]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  else
    prefix=$HOME/.local
  fi
fi
mkdir -p "$prefix" 2>/dev/null || true
export PATH=$prefix/bin:$PATH

# packages of the distribution; what cannot be had is told where it is missed
packages() {
  ((EUID == 0 || ${#as_root[@]} > 0)) || return 1
  if command -v apt-get >/dev/null; then
    "${as_root[@]}" apt-get update -qq >/dev/null &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$@" >/dev/null &&
      "${as_root[@]}" rm -rf /var/lib/apt/lists
  elif command -v apk >/dev/null; then
    "${as_root[@]}" apk add --no-cache --quiet "$@"
  elif command -v dnf >/dev/null; then
    "${as_root[@]}" dnf install --assumeyes --quiet "$@"
  elif command -v pacman >/dev/null; then
    "${as_root[@]}" pacman --sync --refresh --noconfirm --needed --quiet "$@" >/dev/null
  else
    return 1
  fi
}

# agents work with git, and speak TLS
wanted=()
command -v git >/dev/null || wanted+=(git)
[[ -e /etc/ssl/certs/ca-certificates.crt || -e /etc/ssl/cert.pem || -e /etc/pki/tls/certs ]] || wanted+=(ca-certificates)
if ((${#wanted[@]} > 0)); then
  packages "${wanted[@]}" || say "not in the image, and could not be installed: ${wanted[*]}"
fi

enough_node() {
  local major
  major=$(node --version 2>/dev/null) || return 1
  major=${major#v}
  ((${major%%.*} >= node))
}
unpack() { # BUNDLE FOLDER: npm keeps everything below package/
  [[ -s $bundles/$1 ]] || return 1
  "${as_root[@]}" mkdir -p "$2" &&
    "${as_root[@]}" tar --extract --gzip --file "$bundles/$1" --directory "$2" --strip-components 1 --no-same-owner
}
if ! enough_node; then
  if command -v apk >/dev/null || command -v pacman >/dev/null || command -v dnf >/dev/null; then
    packages nodejs npm || true
  fi
  if ! enough_node && unpack node.tgz "$prefix/lib/agent-runner-node"; then
    "${as_root[@]}" mkdir -p "$prefix/bin"
    "${as_root[@]}" rm -rf "$prefix/lib/agent-runner-node/"{share,include,README.md,CHANGELOG.md}
    "${as_root[@]}" ln -sf ../lib/agent-runner-node/bin/node "$prefix/bin/node"
    hash -r
  fi
  enough_node || fail "$agent needs Node.js $node or newer, which the image does not have and which could not be fetched; install it in the base image or in the cached preflight"
fi
if ! command -v npm >/dev/null; then
  unpack npm.tgz "$prefix/lib/node_modules/npm" ||
    fail "$agent is installed with npm, which the image does not have and which could not be fetched; install it in the base image or in the cached preflight"
  "${as_root[@]}" ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$prefix/bin/npm"
fi

"${as_root[@]}" env PATH="$PATH" npm install --global --prefix "$prefix" "$package@$version" --ignore-scripts --include=optional --no-audit --no-fund --no-update-notifier --loglevel=error
(
  cd "$prefix/lib/node_modules/$package" || exit
  "${as_root[@]}" env PATH="$PATH" npm run --if-present --silent postinstall
)
hash -r
if ! told=$(COPILOT_AUTO_UPDATE=false $binary --version </dev/null 2>&1); then
  fail "$agent $version was installed and does not start: ${told##*$'\n'}"
fi
echo "$binary ${told%%$'\n'*}"
