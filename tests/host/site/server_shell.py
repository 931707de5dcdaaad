"""What a server's host program runs: kubectl and nft without a process, and the real openssl."""

from collections.abc import Sequence
from dataclasses import asdict

from drill.kubernetes.cluster_api import ClusterApi
from drill.sites.packet_filter import PacketFilter
from host.machine.machine import Result
from host.machine.subprocess_shell import SubprocessShell
from tests.kubectl.shell import KubectlShell


class ServerShell:
    """Runs `kubectl ...`, `nft ...`, `openssl ...`, no more; remembers the calls of kubectl."""

    def __init__(self, api: ClusterApi, packet_filter: PacketFilter) -> None:
        self._kubectl = KubectlShell(api)
        self._packet_filter = packet_filter

    @property
    def calls(self) -> list[tuple[str, ...]]:
        """Those of kubectl."""
        return self._kubectl.calls

    def run(
        self, argv: Sequence[str], *, stdin: str | None = None, timeout_seconds: float = 120
    ) -> Result:
        """One call."""
        if argv[0] == "openssl":
            return SubprocessShell().run(argv, stdin=stdin, timeout_seconds=timeout_seconds)
        if argv[0] == "nft":
            return Result(**asdict(self._packet_filter.nft(argv[1:])))
        return self._kubectl.run(argv, stdin=stdin, timeout_seconds=timeout_seconds)
