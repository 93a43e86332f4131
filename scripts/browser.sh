#!/usr/bin/env bash
# Sees to a Chromium for the tests that open pages: root under CI=true gets one from Debian.
# Everyone else may do without: those tests then skip and say why.
set -euo pipefail

if command -v chromium >/dev/null || [[ ${CI:-} != true || $(id -u) != 0 ]]; then
  exit 0
fi
echo "Installing chromium for the tests"
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium >/dev/null
