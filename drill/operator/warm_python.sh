#!/usr/bin/env bash
# warm_python.sh PORT PROGRAM [ARGUMENT...]: have warm_python.py run the program as this process.
# The program `-` is read from the input, which reaches warm_python.py in no other way.
port=$1
shift
if [ "$1" = - ]; then
  IFS= read -r -d '' text
  set -- -c "$text" "${@:2}"
fi
exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
# In a subshell: a redirected builtin takes this shell's own output away for a moment, and
# warm_python.py may look for it in just that one.
(printf '%s\0' "$(($# + 1))" "$$" "$@" >&3)
read -r code <&3 || exit 1
exit "$code"
