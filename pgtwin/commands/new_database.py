"""The database that a dump is restored into: with the encoding and the locale that it had.

With another locale text sorts otherwise, and what counts as a letter is another: ranges of a
partition may be empty, and checks refuse rows that were there.
"""

from pgtwin.commands.client_session import ClientSession
from pgtwin.commands.dump_snapshot import DumpSnapshot
from pgtwin.commands.restore_target import Server
from pgtwin.errors import SiteRefused

_ANY_ENCODING = ("--locale-provider=libc", "--locale=C")
"""The one locale that goes with every encoding, where the server's own does not."""


def create_database(
    session: ClientSession, server: Server, snapshot: DumpSnapshot, database: str
) -> list[str]:
    """Make it; what of its locale the server does not have.

    Raises:
        SiteRefused: where it cannot be made.
    """
    encoding = (f"--encoding={snapshot.encoding}",) if snapshot.encoding else ()
    without = None
    if snapshot.locale is not None:
        without = _create(session, *encoding, *snapshot.locale.options, database)
        if without is None:
            return []
    foreign = snapshot.encoding not in (None, server.encoding)
    refused = _create(session, *encoding, *(_ANY_ENCODING if foreign else ()), database)
    if refused is not None:
        raise SiteRefused(f"{refused}; no database was made")
    if without is None:
        return []
    instead = "C" if foreign else "the server's own"
    return [f"locale {snapshot.locale}, the database has {instead}: {without}"]


def _create(session: ClientSession, *arguments: str) -> str | None:
    """What `createdb` said where it made none."""
    created = session.run("createdb", "--template=template0", *arguments)
    return created.stderr.strip() if created.returncode else None
