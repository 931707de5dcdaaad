#!/usr/bin/env bash
# program.sh UNREACHED PORT NAME [ARGUMENT...]: hands a program call to the drill's process, and ends
# with UNREACHED where that gives no answer.
# bash alone: it stands for programs that start in no time, and a boot calls hundreds.
unreached=$1
{ exec 3<>"/dev/tcp/127.0.0.1/$2"; } 2>/dev/null || exit "$unreached"
shift 2
# In a subshell, for the reason that warm_python.sh gives.
(printf '%s\0' "$#" "$@" >&3)
IFS= read -r -d '' code <&3 || exit "$unreached"
IFS= read -r -d '' errors <&3 || exit "$unreached"
printf '%s' "$errors" >&2
cat <&3
exit "$code"
