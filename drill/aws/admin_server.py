"""The administration port: what a test may do to the embedded AWS that no client of AWS can."""

import json
import logging
from collections.abc import Sequence
from typing import Any, Protocol

from drill.failure_modes import Cut
from drill.http_service import HttpHandler, HttpService

_log = logging.getLogger(__name__)


class Commands(Protocol):
    """What may be asked for; each call is `POST /<name>` with its arguments as a JSON object."""

    def cut(self, region: str, how: Cut, services: Sequence[str]) -> None: ...
    def heal(self, region: str) -> None: ...
    def throttle(self, bucket: str, prefix: str, seconds: float) -> None: ...
    def enforce_iam(self, enforce: bool) -> None: ...
    def run_verbs(self, system: str, command: str) -> None: ...
    def doom(self, stack: str, logical_id: str, reason: str, times: int, after: int) -> None: ...
    def wait_for_signals(self, stacks: str, wait: bool) -> None: ...
    def signals(self) -> dict[str, list[dict[str, str]]]: ...
    def instance_credentials(self, region: str, instance: str) -> dict[str, str]: ...


COMMANDS = {name for name in vars(Commands) if not name.startswith("_")}


class AdminServer:
    """Offers the commands on a free loopback port."""

    def __init__(self, commands: Commands) -> None:
        class Handler(_Handler):
            target = commands

        self._http = HttpService(Handler)
        self.endpoint = self._http.url

    def start(self) -> None:
        """Answer from now on, in a thread."""
        self._http.start()


class _Handler(HttpHandler):
    target: Commands

    def do_POST(self) -> None:  # noqa: N802 (http.server's name)
        name = self.path.strip("/")
        if name not in COMMANDS:
            self._answer(404, {"error": f"unknown command {name}; known: {sorted(COMMANDS)}"})
            return
        try:
            self._answer(200, getattr(self.target, name)(**json.loads(self.body() or b"{}")))
        except Exception as error:
            _log.exception("command %s failed", name)
            self._answer(500, {"error": f"{type(error).__name__}: {error}"})

    def _answer(self, status: int, document: Any) -> None:
        self.send(status, json.dumps(document).encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (http.server's name)
        _log.info(format, *args)
