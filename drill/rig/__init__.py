"""Both sites as real Kubernetes in network namespaces of one Linux machine.

`python -m drill.rig up` makes them, `down` removes every trace. What is real and what is not is
written in `drill.rig.emulated`.
"""
