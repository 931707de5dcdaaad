"""Whether a PostgreSQL runs in a pod: yes, no, or unknown."""

from host.errors import HostError
from host.postgres.psql import Psql, PsqlFailed


def runs(psql: Psql) -> bool | None:
    """True where it answers, False where for certain none runs, None where that is unknown."""
    try:
        psql.query("select to_json(1);")
    except PsqlFailed as failed:
        return False if failed.not_running else None
    except HostError:
        return None
    return True
