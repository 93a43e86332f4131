#!/usr/bin/env bash
# Runs a command with a PostgreSQL server for the tests that want one.
#
# A server that GREENROOM_TEST_POSTGRES names, or that answers without a password on port 5432, is
# used as it is. Else root under CI=true gets one that lives as long as the command. Everyone else
# runs the command without: those tests then skip and say why.
set -euo pipefail

answers() {
  .venv/bin/python - "$1" <<'PYTHON' 2>/dev/null
import sys, psycopg
psycopg.connect(sys.argv[1], connect_timeout=3).close()
PYTHON
}

url=${GREENROOM_TEST_POSTGRES:-postgresql://postgres@127.0.0.1:5432/postgres}
if answers "$url" || [[ ${CI:-} != true || $(id -u) != 0 ]]; then
  exec "$@"
fi

programs() {
  find /usr/lib/postgresql -maxdepth 2 -name bin -type d 2>/dev/null | sort -V | tail -n 1
}

if [[ -z $(programs) ]]; then
  echo "Installing postgresql for the tests"
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends postgresql >/dev/null
fi
bin=$(programs)
folder=$(mktemp -d /tmp/greenroom-postgresql.XXXXXX)
chown postgres "$folder"
port=$(.venv/bin/python -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')

as_postgres() {
  (cd "$folder" && runuser -u postgres -- "$@")
}

stop() {
  as_postgres "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null || true
  rm -rf "$folder"
}
trap stop EXIT

as_postgres "$bin/initdb" -D "$folder/data" -A trust -U postgres -E UTF8 --locale=C >/dev/null
as_postgres "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w \
  -o "-c listen_addresses=127.0.0.1 -p $port -c unix_socket_directories=$folder -c fsync=off" start >/dev/null
export GREENROOM_TEST_POSTGRES="postgresql://postgres@127.0.0.1:$port/postgres"
"$@"
