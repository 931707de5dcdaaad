module pgtwin/rig/porcupine

go 1.26.0

tool pgtwin/rig/porcupine/cmd/check-history

require github.com/anishathalye/porcupine v1.3.0
