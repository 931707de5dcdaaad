#!/usr/bin/env bash
# program.sh PORT NAME [ARGUMENT...]: hands a machine's program call to the drill's process.
# bash alone: it stands for programs that start in no time, and a boot calls hundreds.
exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
shift
# In a subshell, for the reason that warm_python.sh gives.
(printf '%s\0' "$#" "$@" >&3)
IFS= read -r -d '' code <&3 || exit 1
IFS= read -r -d '' errors <&3 || exit 1
printf '%s' "$errors" >&2
cat <&3
exit "$code"
