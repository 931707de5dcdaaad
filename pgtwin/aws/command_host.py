"""The host program through a command of the operator's choice, where Session Manager is not there.

`PGTWIN_HOST_COMMAND` names it; it is called as `COMMAND SITE VERB ARGUMENTS...` and passes on what
the host program prints and its exit code.
"""

import subprocess
from collections.abc import Sequence
from typing import Any

from pgtwin.aws.host_runner import host_answer
from pgtwin.deadlines import verb_seconds
from pgtwin.errors import SiteHangs, SiteUnreachable
from topology.site import SiteName

VARIABLE = "PGTWIN_HOST_COMMAND"
NO_ANSWER = 69
"""The exit code with which the command says that the site is not in reach: EX_UNAVAILABLE of BSD's
sysexits.h, which the host program does not use."""


class CommandHost:
    """Runs verbs by running a local command."""

    def __init__(self, command: Sequence[str], site: SiteName) -> None:
        self._command = [*command, site]

    def run(
        self, verb: str, *arguments: str, within_seconds: float | None = None
    ) -> dict[str, Any]:
        """Run one verb and wait for its end; see HostRunner."""
        seconds = within_seconds or verb_seconds(verb)
        try:
            result = subprocess.run(
                [*self._command, verb, *arguments],
                capture_output=True,
                text=True,
                check=False,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired as error:
            raise SiteHangs(f"{verb}: no end within {seconds:g} s") from error
        except OSError as error:
            raise SiteUnreachable(f"{verb}: {error}") from error
        if result.returncode == NO_ANSWER:
            raise SiteUnreachable(f"{verb}: {result.stderr.strip() or 'no answer'}")
        return host_answer(verb, result.returncode, result.stdout, result.stderr)
