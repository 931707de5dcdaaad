#!/usr/bin/env bash
# Dump one database, check the dump, and leave it as $DUMP_DIRECTORY/<UTC timestamp>/.
#
# What always holds: a directory without the suffix .partial was read back as a whole and carries
# SHA256SUMS, so whatever uploads afterwards cannot take half a dump for a whole one. And the dump
# never grows past its limit: it shares a disk with a database that must not run out of it.
#
# SNAPSHOT in the dump says which moment it shows:
# {"lsn", "still", "encoding", "locale", "roles", "superusers", "not_held"}.
# A restore of the archive that ends right before the WAL at `lsn` holds the very same rows where the
# moment was still: nobody was committing. Otherwise it may hold what was just being committed then.
# `encoding` and `locale` are the database's, `roles` are those that the dump names, `superusers` those
# of them that are superusers and the server's first one, `not_held` is by kind what no dump of one
# database holds.
#
# The connection comes from libpq's own variables (PGHOST, PGUSER, PGPASSWORD, PGDATABASE,
# PGSSLMODE, ...).
#   DUMP_DIRECTORY     where dumps go; dumps that an earlier run left there are removed
#   DUMP_LIMIT_MIB     the most that a dump may take; a larger one is given up
#   DUMP_JOBS          parallel connections (2)
#   DUMP_COMPRESSION   pg_dump's --compress (zstd)
#   DUMP_STILL_TRIES   how often to look for a still moment, ten times a second (100)
#
# Exit: 0 with the dump's name on stdout; 1 when a variable is missing; 3 when there is no dump, and
# it is safe to run again.
set -euo pipefail

: "${DUMP_DIRECTORY:?is where dumps go}" "${DUMP_LIMIT_MIB:?is the most that a dump may take}"
: "${PGDATABASE:?is the database to dump}" "${PGUSER:?is who dumps it}"
export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10} PGAPPNAME=pgtwin-dump

KILLED=137 # by the kernel, where memory ends

folder=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=charts/dump/session.sh
source "$folder/session.sh"

name=$(date --utc +%Y%m%dT%H%M%SZ)
dump=$DUMP_DIRECTORY/$name
partial=$dump.partial
pg_dump=
session=

say() { printf '%s dump: %s\n' "$(date --utc +%FT%TZ)" "$*" >&2; }

give_up() {
  say "$1; nothing was uploaded, it is safe to run again"
  exit 3
}

clean_up() {
  if [[ -n $pg_dump ]]; then
    kill "$pg_dump" 2>/dev/null || true
    wait "$pg_dump" 2>/dev/null || true
  fi
  [[ -z $session ]] || kill "$session" 2>/dev/null || true
  rm -rf "$partial" "$dump.sums"
}
trap clean_up EXIT
trap 'give_up interrupted' INT TERM
trap 'give_up "the database does not answer"' PIPE

used_mib() {
  local used
  used=$(du --summarize --block-size=1M "$partial" 2>/dev/null | cut -f1) || true
  echo "${used:-0}"
}

refuse_to_outgrow() {
  (($(used_mib) <= DUMP_LIMIT_MIB)) ||
    give_up "the dump outgrew $DUMP_LIMIT_MIB MiB; raise backups.dump_scratch_gib"
}

# A commit is in the WAL before its rows can be seen, and its transaction holds a lock on itself until
# they can. So, in this order: the end of the WAL, who is writing, the snapshot, the end of the WAL.
# Nobody writing, and no WAL meanwhile: what the WAL holds and what the snapshot shows is the same.
# A prepared transaction holds its lock without a process and writes nothing, until some session of
# its database commits it, which holds only a lock on itself: where there is one in this database,
# every other session counts.
LOOK="rollback;
select pg_current_wal_insert_lsn() as before \\gset
select count(*) as writing from pg_locks
where mode = 'ExclusiveLock' and pid <> pg_backend_pid() and (locktype = 'transactionid'
  or locktype = 'virtualxid' and exists (
    select from pg_prepared_xacts where database = current_database())) \\gset
begin isolation level repeatable read, read only;
select pg_export_snapshot(), pg_current_wal_insert_lsn(),
  pg_current_wal_insert_lsn() = :'before' and :writing = 0;"

# What is beside the dump. The snapshot would end with the transaction, hence the savepoint.
ASK_BESIDE="\\set shown name
savepoint beside;
\\set ON_ERROR_STOP off
\\i '$folder/beside.sql'
\\set ON_ERROR_STOP on
\\if :ERROR
\\warn 'so names that are not ASCII are shown by their bytes'
rollback to savepoint beside;
\\set shown 'case when encode(quote_literal(name)::bytea, ''hex'') ~ ''^([0-7].)*$'' then name'
\\set shown :shown ' else encode(quote_literal(name)::bytea, ''escape'') end'
\\i '$folder/beside.sql'
\\endif"

# Opens the session that keeps the snapshot; sets `snapshot`, `lsn`, `still`, `encoding`, `beside`.
take_snapshot() {
  coproc PSQL { exec psql --no-psqlrc --quiet --no-align --tuples-only --no-password \
    --field-separator=' ' --set=ON_ERROR_STOP=1; }
  session=$PSQL_PID
  local answers=${PSQL[0]} questions=${PSQL[1]} tries
  for ((tries = ${DUMP_STILL_TRIES:-100}; tries > 0; tries--)); do
    echo "$LOOK" >&"$questions"
    read -r snapshot lsn still <&"$answers" || give_up "the database does not answer"
    [[ $still == f ]] || break
    sleep 0.1
  done
  printf '%s\n' "show server_encoding;" "$ASK_BESIDE" >&"$questions"
  read -r encoding <&"$answers" || give_up "the database does not answer"
  read -r beside <&"$answers" || give_up "it is unknown what the dump does not hold"
}

dump_within_the_limit() {
  pg_dump --format=directory --jobs="${DUMP_JOBS:-2}" --compress="${DUMP_COMPRESSION:-zstd}" \
    --encoding="$encoding" --snapshot="$snapshot" --lock-wait-timeout=5min --no-password --no-sync --file="$partial" &
  pg_dump=$!
  while kill -0 "$pg_dump" 2>/dev/null; do
    refuse_to_outgrow
    sleep 0.5
  done
  local code=0
  wait "$pg_dump" || code=$?
  pg_dump=
  ((code != KILLED)) || give_up "pg_dump was killed: a row is too wide for this pod's memory"
  ((code == 0)) || give_up "pg_dump failed"
  refuse_to_outgrow
  [[ $still == t ]] && still=true || still=false
  printf '{"lsn": "%s", "still": %s, "encoding": "%s", %s\n' \
    "$lsn" "$still" "$encoding" "${beside#\{}" >"$partial/SNAPSHOT"
}

read_back() {
  pg_restore --list "$partial" >/dev/null || give_up "the table of contents cannot be read"
  pg_restore --file=/dev/null "$partial" || give_up "the dump cannot be read back"
}

write_checksums() (
  cd "$partial" &&
    find . -type f -printf '%P\0' | LC_ALL=C sort --zero-terminated |
    xargs --null sha256sum >"$dump.sums" &&
    mv "$dump.sums" SHA256SUMS
)

mkdir -p "$DUMP_DIRECTORY"
rm -rf "${DUMP_DIRECTORY:?}"/*Z "${DUMP_DIRECTORY:?}"/*Z.partial "${DUMP_DIRECTORY:?}"/*Z.sums
begin_sessions every granted || give_up "$PGUSER cannot begin a session in $PGDATABASE"
take_snapshot
say "dumping $PGDATABASE as of $lsn"
say "beside the dump: $beside"
dump_within_the_limit
say "reading back $(used_mib) MiB"
read_back
write_checksums || give_up "the checksums cannot be written"
mv "$partial" "$dump"
say "done"
echo "$name"
