"""How a verb of the host program is run on a site."""

from typing import Any, Protocol


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
