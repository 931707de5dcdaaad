# shellcheck shell=bash
# Makes every session of libpq's programs begin as session.conf says.

# begin_sessions SECTION...
#
# Sets PGOPTIONS from these sections and tries it. What the server does not know, or does not allow
# to this user, is left out. Fails, with what psql said, where there is no session at all.
begin_sessions() {
  local without=' ' said refused
  refused='(unrecognized configuration parameter|permission denied to set parameter) "([a-z_]+)"'
  while true; do
    PGOPTIONS=$(session_options "$without" "$@")
    export PGOPTIONS
    said=$(psql --no-psqlrc --no-password --command='' 2>&1 >/dev/null) && return
    [[ $said =~ $refused ]] || break
    without+="${BASH_REMATCH[2]} "
  done
  printf '%s\n' "$said" >&2
  return 1
}

# session_options WITHOUT SECTION...
session_options() {
  local without=$1 sections=" ${*:2} " section='' name value
  while IFS=' =' read -r name value; do
    [[ $name != \[*] ]] || section=${name//[][]/}
    [[ $name == [a-z]* && $sections == *" $section "* && $without != *" $name "* ]] || continue
    printf -- '-c %s=%s ' "$name" "${value// /\\ }"
  done <"$(dirname "${BASH_SOURCE[0]}")/session.conf"
}
