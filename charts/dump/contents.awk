# What of a dump's table of contents whoever is no superuser restores.
#
# Reads `pg_restore --list --verbose`, and writes the lines for its --use-list. Extensions and their
# schemas are made beforehand; rows of extensions' own tables stay away, which are those whose table is
# no entry, as an extension makes it and owns it. Materialised views stay empty:
# they are not compared, and filling them runs functions that may fail. What only a superuser may make
# is left out, with everything that depends on it, and named in the file `left_out`; so are the entries
# whose numbers are in the file `refused`. Exit: 1 where rows depend on it.
#
# Source of the kinds: PostgreSQL's documentation, the CREATE command of each. A publication may be of
# all tables; the table of contents does not tell. A cast is made by who owns one of its types, so one
# of the dump's own types by a function of its own is made, and any other is left out: it may be
# between types of nobody, or without a function.
#
# A kind stands before the schema, and both may have blanks: MATERIALIZED VIEW DATA total is a view in a
# schema called DATA, or the rows of one. Which of them is told by the catalogue that an entry is in:
# pg_class and pg_operator hold neither rows nor classes.

BEGIN {
  PG_CLASS = 1259
  PG_OPERATOR = 2617
  if (refused) while ((getline id < refused) > 0) barred[id] = 1
  of_a_superuser = "^(EVENT TRIGGER|PUBLICATION|PUBLICATION TABLE|PUBLICATION TABLES IN SCHEMA" \
    "|SUBSCRIPTION|SUBSCRIPTION TABLE|ACCESS METHOD|FOREIGN DATA WRAPPER|SERVER|USER MAPPING" \
    "|FOREIGN TABLE|OPERATOR CLASS|OPERATOR FAMILY|TEXT SEARCH PARSER|TEXT SEARCH TEMPLATE" \
    "|PROCEDURAL LANGUAGE|SHELL TYPE|CAST) "
}

/^[0-9]+; / {
  id = $1 + 0
  entries[++count] = id
  line[id] = $0
  what[id] = $0
  sub(/^[0-9]+; [0-9]+ [0-9]+ /, "", what[id])
  kind[id] = what[id]
  if ($2 == PG_CLASS || $2 == PG_OPERATOR)
    sub(/^(TABLE|MATERIALIZED VIEW|SEQUENCE|OPERATOR) /, "&in ", kind[id])
  if (kind[id] ~ of_a_superuser) barred[id] = 1
}

/^;\tdepends on:/ {
  for (field = 4; field <= NF; field++) needs[id] = needs[id] " " $field
}

END {
  for (i = 1; i <= count; i++)
    if (kind[entries[i]] ~ /^EXTENSION /) extension[entries[i]] = 1
    else if (kind[entries[i]] ~ /^FUNCTION /) own_function[entries[i]] = 1
    else if (kind[entries[i]] ~ /^(TYPE|TABLE|VIEW|MATERIALIZED VIEW) /) own_type[entries[i]] = 1
  for (i = 1; i <= count; i++) settle(entries[i])
  for (i = 1; i <= count; i++)
    if (kind[entries[i]] ~ /^CAST / && needs_one_of(entries[i], own_function) &&
        needs_one_of(entries[i], own_type)) delete barred[entries[i]]
  do {
    more = 0
    for (i = 1; i <= count; i++)
      if (!(entries[i] in barred) && needs_one_of(entries[i], barred)) barred[entries[i]] = more = 1
  } while (more)
  for (i = 1; i <= count; i++) {
    id = entries[i]
    if (id in barred) {
      print what[id] > left_out
      if (kind[id] ~ /^TABLE DATA /) rows_are_lost = 1
    } else if (!(id in made)) print line[id]
  }
  exit rows_are_lost
}

# Marks an extension, the schema that it is in, the rows of its own tables, and those of views.
function settle(id,   each, n, of) {
  if (id in extension) {
    made[id] = 1
    n = split(needs[id], of, " ")
    for (each = 1; each <= n; each++) if (kind[of[each]] ~ /^SCHEMA /) made[of[each]] = 1
  } else if (kind[id] ~ /^(TABLE DATA|SEQUENCE SET) / && !needs_one_of(id, line)) made[id] = 1
  else if (kind[id] ~ /^MATERIALIZED VIEW DATA /) made[id] = 1
}

function needs_one_of(id, set,   each, n, of) {
  n = split(needs[id], of, " ")
  for (each = 1; each <= n; each++) if (of[each] in set) return 1
  return 0
}
