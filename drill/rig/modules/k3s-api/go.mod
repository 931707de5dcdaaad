module pgtwin/rig/k3s-api

go 1.26.7

require github.com/k3s-io/api v0.2.1
