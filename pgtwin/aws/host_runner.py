"""How a verb of the host program is run on a site."""

from typing import Any, Protocol

_STATUS_SECONDS = 30.0
"""A busy machine takes some seconds. `pgtwin status` itself waits no longer than 10 s."""
_LONGEST_SECONDS = 3900.0
"""A clone of a large database, and a little more than the host program itself waits for one."""
_VERIFY_SECONDS = 6 * 3600.0
"""As long as the SSM document lets any verb run: two restores, and every page read."""


def run_seconds(verb: str) -> float:
    """How long a verb may take before it counts as unanswered."""
    return {"status": _STATUS_SECONDS, "verify": _VERIFY_SECONDS}.get(verb, _LONGEST_SECONDS)


class HostRunner(Protocol):
    """The real one is SsmHost; the drill's runs the same program on its own machines."""

    def run(self, verb: str, *arguments: str) -> dict[str, Any]:
        """Run `pgtwin-host VERB ARGUMENTS` on one of the site's servers; what it printed.

        Raises:
            SiteUnreachable: no answer; whether the verb ran is unknown.
            SiteRefused: exit code 2 or 5; nothing was changed.
            SiteFailed: exit code 3 or 4; safe to repeat.
        """
        ...
