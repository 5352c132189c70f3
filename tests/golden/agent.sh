#!/usr/bin/env bash
# Prints the expected keys of the agent's own layer, made by hand: nothing here but printf, sha256sum
# and cut. agent-keys.json has what it prints.
set -euo pipefail

hash64() { sha256sum | cut -c1-64; }
hash16() { sha256sum | cut -c1-16; }

base=1111222233334444 # of the config digest

argv() { printf '["bash","--noprofile","--norc","-c","if [[ -s /run/agent-runner/ca-certificates.crt ]]; then for ar_name in SSL_CERT_FILE NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE CURL_CA_BUNDLE PIP_CERT GIT_SSL_CAINFO CARGO_HTTP_CAINFO AWS_CA_BUNDLE DENO_CERT NIX_SSL_CERT_FILE BUNDLE_SSL_CA_CERT HEX_CACERTS_PATH; do [[ -n ${!ar_name+x} ]] || export $ar_name=/run/agent-runner/ca-certificates.crt; done; fi; cd / && unset OLDPWD && exec bash --noprofile --norc -eo pipefail /run/agent-runner/build/%s </dev/null"]' "$1"; }
# a script's mounts: itself, and the certificates; what else is bound has its own alone
bind() { printf -- '--mount=type=bind,source=%s,target=/run/agent-runner/build/%s --mount=type=secret,id=agent-runner-ca,target=/run/agent-runner/ca-certificates.crt,mode=0444,required=false' "$1" "$1"; }

# How an agent is installed, with the versions of Node.js and npm that are brought for an image without; its hash is a
# remark in the template.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
script() { # agent, npm package, version, node
  printf 'agent=%s binary=%s package=%s version=%s node=%s bundled_node=24.21.0 bundled_npm=11.19.1\n' \
    "$1" "$1" "$2" "$3" "$4"
  cat "$here/../../container/install-agent.sh"
}
agent() { # parent part, agent, npm package, version, node
  local template
  template=$(printf 'FROM {{parent}}\n# agent.sh: %s\nRUN %s %s\n' \
    "$(script "$2" "$3" "$4" "$5" | hash64)" "$(bind agent.sh) --mount=type=bind,source=files,target=/tmp/agents-cached-files" "$(argv agent.sh)" | hash16)
  printf '%s-%s-%s-%s' "$2" "$1" "$(printf '%s' "$4" | hash16)" "$template"
}

# The parents: those of keys.json "env on base" and "env on desktop".
desktop_file=$(printf 'FROM {{parent}}\nRUN %s %s\nRUN %s %s\n' \
  "$(bind install.sh)" "$(argv install.sh)" "$(bind setup.sh)" "$(argv setup.sh)" | hash16)
install=$(printf 'apt-get update\napt-get install -y xterm\n' | hash16)
setup=$(printf 'echo fluxbox >/etc/session\n' | hash16)
env_file=$(printf 'FROM {{parent}}\nRUN %s %s\n' \
  "$(bind cached-preflight.sh)" "$(argv cached-preflight.sh)" | hash16)
preflight=$(printf 'apt-get install -y jq\n' | hash16)
desktop="12-$base-$install-$setup-$desktop_file"
env="12-$base-$preflight-$env_file"
both="desktop-$desktop-$preflight-$env_file"
parent() { printf '%s' "$1" | hash16; }

printf '{\n'
printf '  "base": "%s",\n' "$(agent "$base" codex @openai/codex 0.169.0 16)"
printf '  "desktop": "%s",\n' "$(agent "$(parent "$desktop")" claude @anthropic-ai/claude-code 2.1.330 22)"
printf '  "env": "%s",\n' "$(agent "$(parent "$env")" gemini @google/gemini-cli 0.61.0 20)"
printf '  "desktop and env": "%s",\n' "$(agent "$(parent "$both")" copilot @github/copilot 1.0.102 22)"
printf '  "prerelease": "%s"\n' "$(agent "$base" codex @openai/codex 1.0.0-alpha.1+x 16)"
printf '}\n'
