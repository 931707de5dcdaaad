"""Stands for Session Manager: runs the host program's verbs on the machines of the drill.

`pgtwin` reaches it through `PGTWIN_HOST_COMMAND`, as it would reach any machine without Session
Manager. A site that has no power, or whose region is cut off, does not answer.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from drill.ground_site import Ran
from drill.http_service import HttpHandler, HttpService
from topology.site import SiteName

RunVerb = Callable[[Sequence[str]], Ran | None]
"""Runs a verb with its arguments on one site; None where that does not answer."""
_CLIENT = Path(__file__).with_name("host_command.py")


class HostGateway:
    """Listens on loopback until closed."""

    def __init__(self, sites: Mapping[SiteName, RunVerb]) -> None:
        handler = type("Handler", (_Handler,), {"sites": sites})
        self._http = HttpService(handler)
        self._http.start()

    @property
    def command(self) -> str:
        """For PGTWIN_HOST_COMMAND."""
        return f"{sys.executable} -I -S {_CLIENT} {self._http.url}"

    def close(self) -> None:
        """Answer no more."""
        self._http.close()


class _Handler(HttpHandler):
    sites: Mapping[str, RunVerb]

    def do_POST(self) -> None:  # noqa: N802 (http.server's name)
        site, *argv = json.loads(self.body())
        ran = self.sites[site](argv)
        if ran is None:
            self.send_error(504)
            return
        self.send(200, json.dumps([ran.exit_code, ran.stdout, ran.stderr]).encode())
