#!/usr/bin/env bash
# Installs what tasks need. Runs once, when the image is built, and again only when this text changes.
# It runs as `bash -eo pipefail`, as the image's own user, in /, without the workspace.

export DEBIAN_FRONTEND=noninteractive
apt-get -q -o Acquire::Retries=3 update
apt-get -q install --yes --no-install-recommends ca-certificates git jq python3 ripgrep

# Package lists are old by the next task, and every byte of the image is start-up time elsewhere.
apt-get clean
rm -rf /var/lib/apt/lists/*
