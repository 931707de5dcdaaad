"""What CloudNativePG 1.30 shows of its work: a pure state machine that all our doubles share.

`next_step.steps(seen)` says what one look at a cluster does: writes to its status and to its fence,
and orders to the instances. It is held to recordings of the real operator by `tests/contract/`. The
doubles differ only in what stands behind the orders: real PostgreSQL in `make drill`, a simulation
in `drill/kubernetes/` and in the tests of the host program.
"""
