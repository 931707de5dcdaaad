"""Where clients find the writer, as an application would resolve it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from topology.site import SiteName

CONNECT_SECONDS = 2
SILENT_SECONDS = 10
"""A site that is cut off acknowledges no packet; a commit that waits for it fails after this."""
KEEPALIVES: dict[str, Any] = {"keepalives_idle": 4, "keepalives_interval": 2, "keepalives_count": 3}
"""A machine that lost its power after it acknowledged the packet says nothing more: the same time
passes until that is noticed."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An address of the writer, and how to log in there."""

    alias: str
    """The writer's name, which its certificate has to carry."""
    host: str
    """The address that the name leads to."""
    site: SiteName
    port: int
    bundle: Path
    """The authorities that applications trust, of both sites."""
    database: str
    user: str
    password: str

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        """A connection as applications open it: a password, sent to nobody but the writer."""
        return psycopg.connect(
            host=self.alias,
            hostaddr=self.host,
            port=self.port,
            dbname=self.database,
            user=self.user,
            password=self.password,
            sslmode="verify-full",
            sslrootcert=str(self.bundle),
            connect_timeout=CONNECT_SECONDS,
            tcp_user_timeout=SILENT_SECONDS * 1000,
            **KEEPALIVES,
            autocommit=True,
            **options,
        )


Resolve = Callable[[], Endpoint | None]
"""Resolves the writer's alias; None while it leads nowhere."""
