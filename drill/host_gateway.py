"""Stands for Session Manager: runs the host program's verbs on the machines of the drill.

`pgtwin` reaches it through `PGTWIN_HOST_COMMAND`, as it would reach any machine without Session
Manager. A site that has no power, or whose region is cut off, does not answer.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

from drill.ground_site import Ran
from drill.program_port import ProgramPort
from topology.site import SiteName

RunVerb = Callable[[Sequence[str]], Ran | None]
"""Runs a verb with its arguments on one site; None where that does not answer."""
UNAVAILABLE = 69
"""The exit code of a verb that got no answer: EX_UNAVAILABLE."""
NO_ANSWER = "no answer"
_SILENT = Ran(exit_code=UNAVAILABLE, stdout="", stderr=NO_ANSWER)
_log = logging.getLogger(__name__)


class HostGateway:
    """Listens on loopback until closed."""

    def __init__(self, sites: Mapping[SiteName, RunVerb]) -> None:
        self._sites: dict[str, RunVerb] = dict(sites.items())
        self._port = ProgramPort(self._run, unreached=UNAVAILABLE)

    @property
    def command(self) -> str:
        """For PGTWIN_HOST_COMMAND."""
        return self._port.command

    def close(self) -> None:
        """Answer no more."""
        self._port.close()

    def _run(self, argv: list[str]) -> Ran:
        site, *verb = argv
        try:
            return self._sites[site](verb) or _SILENT
        except Exception:  # a site that is being lost may fail in any way
            _log.exception("%s on %s", verb, site)
            return _SILENT
