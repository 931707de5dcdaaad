"""How a verb of the host program is run on a site, and what its exit code means to a plan."""

import json
from typing import Any, Protocol

from pgtwin.errors import SiteFailed, SiteRefused, SiteTimedOut, SiteUnclear

_ERRORS = {2: SiteRefused, 4: SiteTimedOut, 5: SiteRefused}


class HostRunner(Protocol):
    """The real one is SsmHost; the drill's runs the same program on its own machines."""

    def run(
        self, verb: str, *arguments: str, within_seconds: float | None = None
    ) -> dict[str, Any]:
        """Run `pgtwin-host VERB ARGUMENTS` on one of the site's servers; what it printed.

        `within_seconds` is less than what pgtwin/deadlines.py gives the verb.

        Raises:
            SiteUnreachable: no answer; whether the verb ran is unknown.
            SiteHangs: a server took it, and did not end it in time.
            SiteRefused: exit code 2 or 5; nothing was changed.
            SiteFailed: exit code 3 or 4; safe to repeat.
            SiteUnclear: any of these, where the verb only looks.
        """
        ...


def host_answer(verb: str, exit_code: int, stdout: str, stderr: str = "") -> dict[str, Any]:
    """The document that the host program printed.

    Raises:
        SiteUnclear: any exit code but 0 of `status`, which changes nothing.
        SiteRefused: exit code 2 or 5; nothing was changed.
        SiteTimedOut: exit code 4; safe to repeat.
        SiteFailed: any other failure, or an answer that is no JSON object.
    """
    document = _object(stdout) if stdout.strip() else {}
    if document is None:
        document = {"error": f"printed no JSON object: {stdout[:200]!r}"}
        exit_code = exit_code or 3
    if exit_code == 0:
        return document
    last = stderr.strip().splitlines()[-1:] or [f"exit code {exit_code}"]
    message = f"{verb}: {document.get('error', last[0])}"
    if verb == "status":
        raise SiteUnclear(message)
    raise _ERRORS.get(exit_code, SiteFailed)(message)


def _object(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
