#!/usr/bin/env bash
# Runs the component tests of the web UI, after scripts/web.sh has installed what they need.
set -euo pipefail
cd "$(dirname "$0")/../web"

if [[ ! -x node_modules/.bin/vitest ]]; then
  scripts=$(cd ../scripts && pwd)
  echo "The component tests need what $scripts/web.sh installs" >&2
  exit 1
fi
source ../scripts/node.sh
npm run --silent test
