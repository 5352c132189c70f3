# What the agent needs to work on this repository: put your own tools here.
apt-get update
apt-get install --yes --no-install-recommends ca-certificates git jq ripgrep
rm -rf /var/lib/apt/lists/*
