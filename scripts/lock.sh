#!/usr/bin/env bash
# Writes requirements.lock: every dependency of every extra and group, pinned, with hashes.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v uv >/dev/null || {
  echo "Locking needs the program uv on the PATH." >&2
  exit 1
}
uv pip compile pyproject.toml --group dev --all-extras --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -o requirements.lock
sed -i '/^--/d' requirements.lock

# npm leaves addresses for donations in its lock; a lock says versions and hashes and nothing else.
.venv/bin/python - <<'PYTHON'
import json
import pathlib

path = pathlib.Path("web/package-lock.json")
lock = json.loads(path.read_text())
for package in lock["packages"].values():
    package.pop("funding", None)
path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n")
PYTHON
