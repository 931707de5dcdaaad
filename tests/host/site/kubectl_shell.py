"""kubectl and nft without a process: the drill's own, called in this one, thousands of times."""

import contextlib
import io
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict

from drill.kubernetes.kubectl_arguments import parse
from drill.kubernetes.kubectl_client import ApiRefused, ApiUnreachable, KubectlClient
from drill.kubernetes.kubectl_verbs import VERBS
from drill.sites.packet_filter import PacketFilter
from host.machine.machine import Result

_REFUSED = "The connection to the server {host} was refused - did you specify the right host?"


class KubectlShell:
    """Runs `kubectl ...`, `nft ...` and nothing else; remembers the calls of kubectl."""

    _lock = threading.Lock()

    def __init__(self, server: str, packet_filter: PacketFilter) -> None:
        self._server = server
        self._packet_filter = packet_filter
        self._client = KubectlClient(server)
        self.calls: list[tuple[str, ...]] = []

    def run(
        self, argv: Sequence[str], *, stdin: str | None = None, timeout_seconds: float = 120
    ) -> Result:
        if argv[0] == "nft":
            return Result(**asdict(self._packet_filter.nft(argv[1:])))
        self.calls.append(tuple(argv))
        assert argv[0] == "kubectl", argv
        with self._lock:
            return self._run(list(argv[1:]), stdin or "")

    def _run(self, arguments: list[str], stdin: str) -> Result:
        out, err = io.StringIO(), io.StringIO()
        before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin.encode()))
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = self._verb(arguments, err)
        finally:
            sys.stdin = before
        return Result(exit_code=code, stdout=out.getvalue(), stderr=err.getvalue())

    def _verb(self, arguments: list[str], err: io.StringIO) -> int:
        options = parse(arguments)
        try:
            return VERBS[options.verb](self._client, options)
        except ApiRefused as refused:
            err.write(f"{refused}\n")
        except ApiUnreachable:
            err.write(_REFUSED.format(host=self._client.host) + "\n")
            self._client = KubectlClient(self._server)
        except SystemExit as exit_:
            self._client = KubectlClient(self._server)
            return int(exit_.code or 0)
        return 1
