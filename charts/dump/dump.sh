#!/usr/bin/env bash
# Dump one database, check the dump, and leave it as $DUMP_DIRECTORY/<UTC timestamp>/.
#
# What always holds: a directory without the suffix .partial was read back as a whole and carries
# SHA256SUMS, so whatever uploads afterwards cannot take half a dump for a whole one. And the dump
# never grows past its limit: it shares a disk with a database that must not run out of it.
#
# The connection comes from libpq's own variables (PGHOST, PGUSER, PGPASSWORD, PGDATABASE,
# PGSSLMODE, ...).
#   DUMP_DIRECTORY     where dumps go; dumps that an earlier run left there are removed
#   DUMP_LIMIT_MIB     the most that a dump may take; a larger one is given up
#   DUMP_JOBS          parallel connections (2)
#   DUMP_COMPRESSION   pg_dump's --compress (zstd)
#
# Exit: 0 with the dump's name on stdout; 1 when a variable is missing; 3 when there is no dump, and
# it is safe to run again.
set -euo pipefail

: "${DUMP_DIRECTORY:?is where dumps go}" "${DUMP_LIMIT_MIB:?is the most that a dump may take}"
: "${PGDATABASE:?is the database to dump}"
export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10} PGAPPNAME=pgtwin-dump

name=$(date --utc +%Y%m%dT%H%M%SZ)
dump=$DUMP_DIRECTORY/$name
partial=$dump.partial
pg_dump=

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
  rm -rf "$partial" "$dump.sums"
}
trap clean_up EXIT
trap 'give_up interrupted' INT TERM

used_mib() {
  local used
  used=$(du --summarize --block-size=1M "$partial" 2>/dev/null | cut -f1) || true
  echo "${used:-0}"
}

refuse_to_outgrow() {
  (($(used_mib) <= DUMP_LIMIT_MIB)) ||
    give_up "the dump outgrew $DUMP_LIMIT_MIB MiB; raise backups.dump_scratch_gib"
}

dump_within_the_limit() {
  pg_dump --format=directory --jobs="${DUMP_JOBS:-2}" --compress="${DUMP_COMPRESSION:-zstd}" \
    --lock-wait-timeout=5min --no-password --no-sync --file="$partial" &
  pg_dump=$!
  while kill -0 "$pg_dump" 2>/dev/null; do
    refuse_to_outgrow
    sleep 0.5
  done
  wait "$pg_dump" || give_up "pg_dump failed"
  pg_dump=
  refuse_to_outgrow
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
say "dumping $PGDATABASE"
dump_within_the_limit
say "reading back $(used_mib) MiB"
read_back
write_checksums || give_up "the checksums cannot be written"
mv "$partial" "$dump"
say "done"
echo "$name"
