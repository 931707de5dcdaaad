#!/usr/bin/env bash
# Restore a fetched dump into a new database of a throw-away cluster.
#
# What always holds: the cluster's name begins with "verify-", so that no live one is ever written
# to; the database is made here, and one that an earlier try of this job left is recreated.
#
# And nothing that a dump says runs as a superuser: loading rows runs the functions of checks, domains
# and generated columns, and whoever may write a dump may write any SQL into it. The superuser makes a
# role, the database, and extensions by their names. All else is loaded by that role, which logs in by
# itself: what a session was at its login is what it can always go back to. The role is no member of
# any other, so it owns everything that it loads, and grants nothing. What it may not make is left out
# and named (contents.awk). A table of contents does not tell which functions and operators these are:
# that is known once PostgreSQL refuses one. So where the first try ends at one, everything that stands
# before the rows is tried, and the restore begins again without those that were refused.
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

LOADER=loader_of_$DUMP_DATABASE
loader_password=$(head --bytes=32 /dev/urandom | base64 --wrap=0)
loader_options=
errors=$DUMP_DIRECTORY/restore.errors
listed=$DUMP_DIRECTORY/restore.listed
contents=$DUMP_DIRECTORY/restore.contents
statements=$DUMP_DIRECTORY/restore.sql
left_out=$DUMP_DIRECTORY/restore.left-out
refused=$DUMP_DIRECTORY/restore.refused
tried=$DUMP_DIRECTORY/restore.tried
dump=$DUMP_DIRECTORY/$DUMP_NAME

# What PostgreSQL says of a function in C or of any other untrusted language, of one that is LEAKPROOF,
# has a planner's support or sets a superuser's parameter, of an aggregate with a state of its own kind,
# and of a transform (src/backend: functioncmds.c, guc.c, aggregatecmds.c, aclchk.c).
NEEDS_A_SUPERUSER='permission denied (for language|to set parameter)|only superuser|must be superuser'
NEEDS_A_SUPERUSER+='|aggregate transition data type cannot be|must be owner of type'

# The last line says why, since that is what is kept of a job that failed.
give_up() {
  cat "$errors" >&2
  say "$1: $(grep --max-count=1 --only-matching 'ERROR:.*\|error:.*' "$errors" || echo "see above")"
  exit 3
}

# The encoding in which the dump's statements are written.
dump_encoding() {
  grep --only-matching --max-count=1 '"encoding": "[A-Z0-9_]*"' "$dump/SNAPSHOT" |
    sed 's/.* "\(.*\)"/\1/'
}

as_superuser() { psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname="$1" 2>"$errors"; }

make_loader() {
  LOADER_PASSWORD=$loader_password as_superuser postgres <<SQL
\getenv password LOADER_PASSWORD
drop role if exists $LOADER;
create role $LOADER login bypassrls password :'password';
SQL
}

# With the dump's own encoding and locale, or ranges of text and checks may refuse its rows. An older
# dump names no locale; with another encoding than the server's it gets the one that goes with every.
make_database() {
  LOADER=$LOADER SNAPSHOT=$dump/SNAPSHOT as_superuser postgres <<'SQL'
\getenv database DUMP_DATABASE
\getenv loader LOADER
\set snapshot `cat "$SNAPSHOT" || echo '{}'`
with said as (
  select case when pg_input_is_valid(:'snapshot', 'json') then :'snapshot' else '{}' end::json as it),
dump as (
  select substring(it ->> 'encoding' from '^[A-Z0-9_]+$') as encoding, it -> 'locale' as of,
    it -> 'locale' ->> 'provider' as provider from said),
server as (
  select pg_encoding_to_char(encoding) as own from pg_database where datname = 'template0')
select concat(
  format('create database %I template template0 owner %I', :'database', :'loader'),
  ' encoding ' || quote_literal(encoding),
  case when provider is null and encoding <> own then ' locale_provider libc locale ''C''' end,
  ' locale_provider ' || quote_ident(provider),
  ' lc_collate ' || quote_literal(of ->> 'collate'), ' lc_ctype ' || quote_literal(of ->> 'ctype'),
  case provider when 'icu' then ' icu_locale ' when 'builtin' then ' builtin_locale ' end
    || quote_literal(of ->> 'locale'),
  ' icu_rules ' || quote_literal(of ->> 'rules'))
from dump, server \gexec
-- What only a superuser sets: `find_refused` reads messages, and the live server's limit is for queries.
alter database :"database" set lc_messages = 'C';
alter database :"database" set temp_file_limit = -1;
SQL
}

# Prints the SQL for each extension of the dump, and for its schema. Only a line that is such a
# statement from its first character to its last is taken, whatever else a dump says there.
extensions() {
  local name='([a-z_][a-z0-9_]*|"([^"[:cntrl:]]|"")+")'
  sed --quiet --regexp-extended '/^[0-9]+; [0-9]+ [0-9]+ EXTENSION /p' "$listed" >"$contents"
  [[ -z $wanted ]] || echo "SET client_encoding = '$wanted';"
  pg_restore --use-list="$contents" --file=- "$dump" | LC_ALL=C sed --quiet --regexp-extended "
    s/^CREATE EXTENSION IF NOT EXISTS $name WITH SCHEMA $name;\$/\
CREATE SCHEMA IF NOT EXISTS \3 AUTHORIZATION $LOADER;\n&/
    T
    s/^CREATE SCHEMA IF NOT EXISTS \"?pg_[^\n]*\n//
    p"
}

# Says which extension of the dump has no such statement.
every_extension() {
  local missing
  missing=$(LC_ALL=C comm -23 \
    <(sed -nE 's/^[0-9]+; [0-9]+ [0-9]+ EXTENSION - (.*) $/\1/p' "$listed" | LC_ALL=C sort) \
    <(sed -nE 's/^CREATE EXTENSION IF NOT EXISTS "?([^"]*)"? WITH SCHEMA .*/\1/p' "$statements" |
      LC_ALL=C sort))
  [[ -z $missing ]] || {
    echo "error: ${missing//$'\n'/, }" >"$errors"
    return 1
  }
}

as_loader() { PGUSER=$LOADER PGPASSWORD=$loader_password PGOPTIONS=$loader_options "$@"; }

begin_as_loader() {
  loader_options=$(
    export PGUSER=$LOADER PGPASSWORD=$loader_password PGDATABASE=$DUMP_DATABASE
    begin_sessions every 2>"$errors" && printf %s "$PGOPTIONS"
  )
}

# Makes the role and the database, with the dump's extensions and nothing else.
make_empty() {
  dropdb --if-exists --force --maintenance-db=postgres "$DUMP_DATABASE" 2>"$errors" ||
    give_up "what an earlier try left cannot be dropped"
  make_loader || give_up "the role $LOADER cannot be made"
  make_database || give_up "$DUMP_DATABASE cannot be made"
  as_superuser "$DUMP_DATABASE" <"$statements" || give_up "an extension cannot be made"
}

# Writes to `contents` what the loader may make.
choose() {
  : >"$left_out"
  awk -v left_out="$left_out" -v refused="$refused" \
    -f "$(dirname "${BASH_SOURCE[0]}")/contents.awk" "$listed" >"$contents" 2>"$errors" ||
    give_up "rows depend on what only a superuser may make, so they were not restored: $(
      tr '\n' ';' <"$left_out")"
}

load() {
  as_loader pg_restore --dbname="$DUMP_DATABASE" --use-list="$contents" --no-owner --no-privileges \
    --no-comments --no-security-labels --no-tablespaces "$@" "$dump"
}

load_all() {
  choose
  load --jobs="${DUMP_JOBS:-2}" --exit-on-error 2>"$errors"
}

# Writes to `refused` which functions and operators the loader may not make; fails where none is why
# it ended.
find_refused() {
  grep --quiet --extended-regexp "^pg_restore: error: .*ERROR:  ($NEEDS_A_SUPERUSER)" "$errors" || return
  make_empty
  load --section=pre-data --verbose 2>"$tried" || true
  local kinds='(FUNCTION|PROCEDURE|AGGREGATE|TRANSFORM|OPERATOR)'
  sed --quiet --regexp-extended "
    /^pg_restore: from TOC entry [0-9]+; [0-9]+ [0-9]+ $kinds /!d
    N
    s/^pg_restore: from TOC entry ([0-9]+);.*\npg_restore: error: .*ERROR:  ($NEEDS_A_SUPERUSER).*/\1/p" \
    "$tried" >"$refused"
}

# The log goes with the Job. So whoever compares the databases finds it at the database, in ASCII.
note_left_out() {
  LEFT_OUT=$left_out as_superuser postgres <<'SQL'
\getenv database DUMP_DATABASE
\set left_out `LC_ALL=C tr -c ' -~\n' '?' <"$LEFT_OUT"`
comment on database :"database" is :'left_out';
SQL
}

: >"$refused"
wanted=$(dump_encoding || true)
PGDATABASE=postgres begin_sessions every granted superuser 2>"$errors" ||
  give_up "there is no session on $PGHOST"
pg_restore --list --verbose "$dump" >"$listed" 2>"$errors" ||
  give_up "the table of contents cannot be read"
extensions >"$statements" 2>"$errors" || give_up "the extensions cannot be read"
every_extension || give_up "the dump has no statement that only makes an extension for"
make_empty
begin_as_loader || give_up "$LOADER cannot log in"
load_all || { find_refused && make_empty && load_all; } || give_up "pg_restore failed"
[[ ! -s $left_out ]] || {
  say "only a superuser makes these, so they were left out: $(tr '\n' ';' <"$left_out")"
  note_left_out || give_up "what was left out cannot be noted"
}
say "$DUMP_NAME is in $DUMP_DATABASE"
