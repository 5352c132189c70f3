#!/usr/bin/env bash
# Prints the expected keys of keys.json, made by hand: nothing here but printf, sha256sum and cut.
# tests/golden/README.md says how to read it.
set -euo pipefail

hash64() { sha256sum | cut -c1-64; }
hash16() { sha256sum | cut -c1-16; }

# The first 16 hex characters of the base images' config digests, as they stand in keys.json.
base=1111222233334444
other=9f86d081884c7d65

# Canonical scripts: what is left of every variant of them in keys.json.
install=$(printf 'apt-get update\napt-get install -y xterm\n' | hash16)
setup=$(printf 'echo fluxbox >/etc/session\n' | hash16)
nothing=$(printf '' | hash16)
preflight=$(printf 'apt-get install -y jq\n' | hash16)
# a tab and blanks inside, and an empty line in the middle: these stay
inner=$(printf 'cat <<EOT  \n\t a\n\nEOT\n# é\n' | hash16)

# Templates, byte for byte. RUN lines are put together from the pieces that they share.
argv() { printf '["bash","--noprofile","--norc","-c","if [[ -s /run/agent-runner/ca-certificates.crt ]]; then for ar_name in SSL_CERT_FILE NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE CURL_CA_BUNDLE PIP_CERT GIT_SSL_CAINFO CARGO_HTTP_CAINFO AWS_CA_BUNDLE DENO_CERT NIX_SSL_CERT_FILE BUNDLE_SSL_CA_CERT HEX_CACERTS_PATH; do [[ -n ${!ar_name+x} ]] || export $ar_name=/run/agent-runner/ca-certificates.crt; done; fi; cd / && unset OLDPWD && exec bash --noprofile --norc -eo pipefail /run/agent-runner/build/%s </dev/null"]' "$1"; }
# a script's mounts: itself, and the certificates; what else is bound has its own alone
bind() { printf -- '--mount=type=bind,source=%s,target=/run/agent-runner/build/%s --mount=type=secret,id=agent-runner-ca,target=/run/agent-runner/ca-certificates.crt,mode=0444,required=false' "$1" "$1"; }
version='--mount=type=bind,source=cache-version,target=/run/agent-runner/build/cache-version'
files='--mount=type=bind,source=files,target=/tmp/agents-cached-files'
secret() { printf -- '--mount=type=secret,id=%s,mode=0444,required=true' "$1"; }

desktop_file=$(printf 'FROM {{parent}}\nRUN %s %s\nRUN %s %s\n' \
  "$(bind install.sh)" "$(argv install.sh)" "$(bind setup.sh)" "$(argv setup.sh)" | hash16)
install_only_file=$(printf 'FROM {{parent}}\nRUN %s %s\n' \
  "$(bind install.sh)" "$(argv install.sh)" | hash16)
env_file=$(printf 'FROM {{parent}}\nRUN %s %s\n' \
  "$(bind cached-preflight.sh)" "$(argv cached-preflight.sh)" | hash16)
env_files_file=$(printf 'FROM {{parent}}\nRUN %s %s %s\n' \
  "$(bind cached-preflight.sh)" "$files" "$(argv cached-preflight.sh)" | hash16)
env_version_file=$(printf 'FROM {{parent}}\n# cache-version: 2026-11.b\nRUN %s %s %s\n' \
  "$(bind cached-preflight.sh)" "$version" "$(argv cached-preflight.sh)" | hash16)
env_secrets_file=$(printf 'FROM {{parent}}\nRUN %s %s %s %s\n' \
  "$(bind cached-preflight.sh)" "$(secret npm.token)" "$(secret PIP)" "$(argv cached-preflight.sh)" | hash16)
desktop_all_file=$(printf 'FROM {{parent}}\n# cache-version: 7\nRUN %s %s %s %s\nRUN %s %s %s %s\n' \
  "$(bind install.sh)" "$version" "$(secret PIP)" "$(argv install.sh)" \
  "$(bind setup.sh)" "$version" "$(secret PIP)" "$(argv setup.sh)" | hash16)
env_all_file=$(printf 'FROM {{parent}}\n# cache-version: 7\nRUN %s %s %s %s %s\n' \
  "$(bind cached-preflight.sh)" "$version" "$files" "$(secret PIP)" "$(argv cached-preflight.sh)" | hash16)

# The manifest of the cached files, in the order of the bytes of their paths: Z (5a), a (61),
# b (62), é (c3 a9), ﬀ (ef ac 80), 😀 (f0 9f 98 80). UTF-16 has the last two the other way round.
preflight_with_files=$({
  printf 'apt-get install -y jq\n\0'
  printf 'Z.lock\000644\0%s\n' "$(printf 'zett\n' | hash64)"
  printf 'a.lock\000644\0%s\n' "$(printf '' | hash64)"
  printf 'bin/tool\000755\0%s\n' "$(printf '#!/bin/sh\r\n' | hash64)"
  printf 'é.lock\000644\0%s\n' "$(printf 'é' | hash64)"
  printf 'ﬀ\000644\0%s\n' "$(printf 'ligature' | hash64)"
  printf '😀\000644\0%s\n' "$(printf 'smile' | hash64)"
} | hash16)
one_executable=$({
  printf 'apt-get install -y jq\n\0'
  printf 'a.lock\000755\0%s\n' "$(printf '' | hash64)"
} | hash16)
one_plain=$({
  printf 'apt-get install -y jq\n\0'
  printf 'a.lock\000644\0%s\n' "$(printf '' | hash64)"
} | hash16)

separator='{'
key() { # vector, layer, key
  printf '%s\n  "%s %s": "%s"' "$separator" "$1" "$2" "$3"
  separator=,
}

emerald="emerald-$base-$install-$setup-$desktop_file"
key desktop desktop "$emerald"
key 'env on base' env "12-$base-$preflight-$env_file"
key 'env on desktop' desktop "$emerald"
key 'env on desktop' env "desktop-$emerald-$preflight-$env_file"
key 'absent setup' desktop "emerald-$base-$install-$nothing-$install_only_file"
key 'setup of blanks' desktop "emerald-$base-$install-$nothing-$install_only_file"
key 'windows checkout' desktop "$emerald"
key 'windows checkout' env "desktop-$emerald-$preflight-$env_file"
key 'inner blanks' env "12-$base-$inner-$env_file"
key 'digest only' env "my.image-$other-$preflight-$env_file"
key 'tag and digest' env "12-slim-$other-$preflight-$env_file"
key 'neither tag nor digest' env "latest-$base-$preflight-$env_file"
key 'uppercase tag' env "bookworm_slim.v1-$base-$preflight-$env_file"
key 'odd tag' env "odd.tag-$base-$preflight-$env_file"
key 'registry with a port' env "v2-$base-$preflight-$env_file"
key 'registry with a port and no tag' env "latest-$base-$preflight-$env_file"
key 'long tag' env "bookworm-2025081-$base-$preflight-$env_file"
key 'long tag cut at a hyphen' env "fifteen-chars-1-$base-$preflight-$env_file"
key 'nothing left of the tag' env "base-$base-$preflight-$env_file"
key 'cached files' env "12-$base-$preflight_with_files-$env_files_file"
key 'one executable file' env "12-$base-$one_executable-$env_files_file"
key 'one plain file' env "12-$base-$one_plain-$env_files_file"
key 'cache version' env "12-$base-$preflight-$env_version_file"
key 'build secrets' env "12-$base-$preflight-$env_secrets_file"
all="bookworm-2025081-$base-$install-$setup-$desktop_all_file"
key 'everything at once' desktop "$all"
key 'everything at once' env "desktop-$all-$one_plain-$env_all_file"
printf '\n}\n'
