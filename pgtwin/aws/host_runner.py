"""How a verb of the host program is run on a site."""

from typing import Any, Protocol


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
        """
        ...
