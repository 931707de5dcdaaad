"""Stands for Session Manager: runs the host program's verbs on the machines of the drill.

`pgtwin` reaches it through `PGTWIN_HOST_COMMAND`, as it would reach any machine without Session
Manager. A site that has no power, or whose region is cut off, does not answer.
"""

import json
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from drill.ground_site import Ran
from topology.site import SiteName

RunVerb = Callable[[Sequence[str]], Ran | None]
"""Runs a verb with its arguments on one site; None where that does not answer."""
_CLIENT = Path(__file__).with_name("host_command.py")


class HostGateway:
    """Listens on loopback until closed."""

    def __init__(self, sites: Mapping[SiteName, RunVerb]) -> None:
        handler = type("Handler", (_Handler,), {"sites": sites})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def command(self) -> str:
        """For PGTWIN_HOST_COMMAND."""
        url = f"http://127.0.0.1:{self._http.server_port}"
        return f"{sys.executable} -I -S {_CLIENT} {url}"

    def close(self) -> None:
        """Answer no more."""
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    sites: Mapping[str, RunVerb]

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002
        """Say nothing."""

    def do_POST(self) -> None:
        site, *argv = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ran = self.sites[site](argv)
        if ran is None:
            self.send_error(504)
            return
        body = json.dumps([ran.exit_code, ran.stdout, ran.stderr]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
