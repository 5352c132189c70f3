#!/usr/bin/env bash
# Installs an agent's command line tool with npm, as a build script: bash -eo pipefail, the image's own user, in `/`.
# The action writes agent, binary, package, version and node (the major version of Node.js that it needs at least)
# before this text; and bundled_node and bundled_npm, the versions of the bundles, so that the key has them.
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
own_path=$PATH

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

# What is the image's own stays as it is: an older Node.js of its own is what its programs were tried with. The tool
# then gets one that it alone uses, and is installed apart.
ours=$prefix/lib/agent-runner
apart=false
if ! enough_node && ! command -v node >/dev/null &&
  { command -v apk || command -v pacman || command -v dnf; } >/dev/null; then
  packages nodejs npm || true
  hash -r
fi
if ! enough_node; then
  apart=true
  unpack node.tgz "$ours/node" ||
    fail "$agent needs Node.js $node or newer, which the image does not have and which could not be fetched; install it in the base image or in the cached preflight"
  "${as_root[@]}" rm -rf "$ours/node/"{share,include,README.md,CHANGELOG.md}
  if ! command -v node >/dev/null; then
    apart=false
    "${as_root[@]}" mkdir -p "$prefix/bin"
    "${as_root[@]}" ln -sf ../lib/agent-runner/node/bin/node "$prefix/bin/node"
  fi
  export PATH=$ours/node/bin:$PATH
  hash -r
  enough_node || fail "the Node.js that $agent needs was fetched and does not start in this image; install Node.js $node or newer in the base image or in the cached preflight"
fi
npm=(npm)
if [[ $apart == true ]] || ! command -v npm >/dev/null; then
  folder=$ours/npm
  [[ $apart == true ]] || folder=$prefix/lib/node_modules/npm
  unpack npm.tgz "$folder" ||
    fail "$agent is installed with npm, which the image does not have and which could not be fetched; install it in the base image or in the cached preflight"
  npm=(node "$folder/bin/npm-cli.js")
  [[ $apart == true ]] || "${as_root[@]}" ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$prefix/bin/npm"
fi
target=$prefix
[[ $apart == false ]] || target=$ours/tool

cache=$(mktemp -d)
run_npm() { "${as_root[@]}" env PATH="$PATH" "${npm[@]}" --cache "$cache" "$@"; }
run_npm install --global --prefix "$target" "$package@$version" --ignore-scripts --include=optional --no-audit --no-fund --no-update-notifier --loglevel=error
(
  cd "$target/lib/node_modules/$package" || exit
  run_npm run --if-present --silent postinstall
)
"${as_root[@]}" rm -rf "$cache" "$ours/npm"
if [[ $apart == true ]]; then
  "${as_root[@]}" mkdir -p "$prefix/bin"
  if [[ $(head -c 2 "$target/bin/$binary") == '#!' ]]; then
    printf '#!/bin/sh\nexec %q %q "$@"\n' "$ours/node/bin/node" "$target/bin/$binary" |
      "${as_root[@]}" tee "$prefix/bin/$binary" >/dev/null
    "${as_root[@]}" chmod 755 "$prefix/bin/$binary"
  else
    "${as_root[@]}" ln -sf "../lib/agent-runner/tool/bin/$binary" "$prefix/bin/$binary"
  fi
fi

# seen as a task finds it: on the image's own PATH, and only then among the user's programs
PATH=$own_path
hash -r
type -P "$binary" >/dev/null || PATH=$PATH:$HOME/.local/bin
if ! told=$(COPILOT_AUTO_UPDATE=false "$binary" --version </dev/null 2>&1); then
  fail "$agent $version was installed and does not start: ${told##*$'\n'}"
fi
if [[ $version == [0-9]*.*.* && $told != *"${version%%+*}"* ]]; then
  fail "$agent $version was installed, but $(type -P "$binary") comes first on the image's PATH, and is ${told%%$'\n'*}; remove that from the base image or the cached preflight, or leave \`agent-version\` out"
fi
echo "$binary ${told%%$'\n'*}"
