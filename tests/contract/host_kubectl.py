"""The host program's own kubectl, led to a side."""

from collections.abc import Sequence

from host.kubernetes.kubectl import Kubectl
from host.machine.machine import Result
from host.machine.system_clock import SystemClock
from tests.contract.side import Side


class SideShell:
    """Runs kubectl on a side, and nothing else."""

    def __init__(self, side: Side) -> None:
        self._side = side

    def run(
        self, argv: Sequence[str], *, stdin: str | None = None, timeout_seconds: float = 120
    ) -> Result:
        """One call."""
        del timeout_seconds
        (*_, kubectl), arguments = argv[:2], argv[2:]
        assert kubectl == "kubectl", argv
        said = self._side.run(arguments, stdin or "")
        return Result(exit_code=said.exit_code, stdout=said.stdout, stderr=said.stderr)


def host_kubectl(side: Side) -> Kubectl:
    """As `host/` makes it; a conflict with the operator is waited for."""
    return Kubectl(SideShell(side), SystemClock(), patience_seconds=30)
