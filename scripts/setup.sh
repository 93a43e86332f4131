#!/usr/bin/env bash
# Makes .venv with exactly what requirements.lock pins, once, and keeps the bytecode of src current.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=.venv/.lock-installed
wanted=$(sha256sum requirements.lock | cut -d' ' -f1)

# Where PYTHONDONTWRITEBYTECODE is set, every start would compile all modules: half a second each.
compile_sources() {
  .venv/bin/python -m compileall -q src || echo "Not all of src could be compiled: starts are slower."
}

if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then
  compile_sources
  exit 0
fi

find_python() {
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "Greenroom needs Python 3.11 or newer, and none is on the PATH." >&2
  return 1
}

# Debian and Ubuntu ship the venv module's pip apart from Python.
ensure_venv_module() {
  "$1" -c 'import ensurepip, venv' 2>/dev/null && return
  local package
  package=$("$1" -c 'import sys; print("python{}.{}-venv".format(*sys.version_info))')
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    echo "Python's venv module is incomplete. Install it: sudo apt-get install $package" >&2
    return 1
  fi
  echo "Installing $package"
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$package" >/dev/null
}

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  python=$(find_python)
  ensure_venv_module "$python"
  "$python" -m venv --clear .venv
fi
echo "Installing what requirements.lock pins into .venv (once)"
.venv/bin/python -m pip --quiet --disable-pip-version-check install -r requirements.lock
GREENROOM_WITHOUT_UI=1 .venv/bin/python -m pip --quiet --disable-pip-version-check install --no-deps --editable .
compile_sources
echo "$wanted" >"$stamp"
