"""A site whose data can be brought to another major version of PostgreSQL."""

from typing import Protocol

from pgtwin.site import Site


class UpgradableSite(Site, Protocol):
    """A site whose data can be converted; docs/interfaces.md, `pg_upgrade`, has the gates."""

    def upgrade_blockers(self) -> tuple[str, ...]:
        """What pg_upgrade would refuse; changes nothing."""
        ...

    def stop_for_upgrade(self) -> str:
        """Stop PostgreSQL; where its WAL ended, all of which is archived."""
        ...

    def convert(self, server_name: str) -> None:
        """Convert the data to the configured major version."""
        ...

    def keep_old_version(self) -> None:
        """Ask for the old major version again, before the data was converted."""
        ...

    def start_upgraded(self) -> None:
        """Start PostgreSQL and wait until a write was acknowledged."""
        ...

    def analyze(self) -> None:
        """Make the statistics that pg_upgrade did not carry over."""
        ...
