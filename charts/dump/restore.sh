#!/usr/bin/env bash
# Restore a fetched dump into a new database of a throw-away cluster.
#
# What always holds: the cluster's name begins with "verify-", so that no live one is ever written
# to; the database is made here, and one that an earlier try of this job left is recreated.
#
# The connection comes from libpq's own variables (PGHOST, PGUSER, PGPASSWORD, PGSSLMODE, ...).
#   THROW_AWAY       the cluster that PGHOST belongs to
#   DUMP_DIRECTORY   where fetch.py put `<DUMP_NAME>/`
#   DUMP_NAME        the dump's UTC timestamp
#   DUMP_DATABASE    the new database
#   DUMP_JOBS        parallel connections (2)
#
# Exit: 0 it is restored; 2 the server is no throw-away; 3 pg_restore failed.
set -euo pipefail

: "${DUMP_DIRECTORY:?}" "${DUMP_NAME:?}" "${DUMP_DATABASE:?}" "${PGHOST:?}"
export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10} PGAPPNAME=pgtwin-verify

say() { printf '%s restore: %s\n' "$(date --utc +%FT%TZ)" "$*" >&2; }

[[ ${THROW_AWAY:?} == verify-* ]] || {
  say "$THROW_AWAY is no throw-away cluster; nothing was changed"
  exit 2
}
# shellcheck source=charts/dump/session.sh
source "$(dirname "${BASH_SOURCE[0]}")/session.sh"

errors=$DUMP_DIRECTORY/restore.errors
dump=$DUMP_DIRECTORY/$DUMP_NAME

# The last line says why, since that is what is kept of a job that failed.
give_up() {
  cat "$errors" >&2
  say "$1: $(grep --max-count=1 --only-matching 'ERROR:.*\|error:.*' "$errors" || echo "see above")"
  exit 3
}

# Sets `encoding` to createdb's options where the dump's is not the server's; every one goes with C.
own_encoding() {
  local wanted
  encoding=()
  wanted=$(grep --only-matching --max-count=1 '"encoding": "[A-Z0-9_]*"' "$dump/SNAPSHOT") || return 0
  wanted=${wanted//[^A-Z0-9_]/}
  [[ $wanted == "$(psql --no-psqlrc -Atd postgres -c 'show server_encoding')" ]] ||
    encoding=(--encoding="$wanted" --locale-provider=libc --locale=C)
}

PGDATABASE=postgres begin_sessions every granted superuser 2>"$errors" ||
  give_up "there is no session on $PGHOST"
dropdb --if-exists --force --maintenance-db=postgres "$DUMP_DATABASE" 2>"$errors" ||
  give_up "what an earlier try left cannot be dropped"
own_encoding
createdb --template=template0 "${encoding[@]}" --maintenance-db=postgres "$DUMP_DATABASE" \
  2>"$errors" || give_up "$DUMP_DATABASE cannot be made"
pg_restore --dbname="$DUMP_DATABASE" --jobs="${DUMP_JOBS:-2}" --exit-on-error \
  "$dump" 2>"$errors" || give_up "pg_restore failed"
say "$DUMP_NAME is in $DUMP_DATABASE"
