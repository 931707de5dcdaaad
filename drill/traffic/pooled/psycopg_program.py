"""`psycopg_program.py CONNECTION_STRING`: psycopg's pool, as docs/connect.md sets it up.

The rows come on standard input, see `drill.traffic.pooled.application`.
"""

import sys

import psycopg
from psycopg_pool import ConnectionPool

from drill.traffic.endpoint import KEEPALIVES, SILENT_SECONDS
from drill.traffic.ledger import INSERT

SETTINGS = {
    "connect_timeout": 3,
    "prepare_threshold": None,  # pgbouncer lends another server for each transaction
    "tcp_user_timeout": SILENT_SECONDS * 1000,
    **KEEPALIVES,
}
RECONNECT_SECONDS = 3
"""The pool waits twice as long after each failure until it has tried for this long; then the next
request begins again (psycopg_pool 3.3.3 `AttemptWithBackoff`). Its default is 300 s."""
_WRITE = f"{INSERT} RETURNING current_setting('cluster_name')"


def main(uri: str) -> None:
    """Answer each row until the input ends."""
    with ConnectionPool(
        uri,
        kwargs=SETTINGS,
        min_size=1,
        max_size=3,
        timeout=5,
        check=ConnectionPool.check_connection,
        reconnect_timeout=RECONNECT_SECONDS,
        open=True,
    ) as pool:
        for line in sys.stdin:
            print(_answer(pool, line.rstrip("\n").split("\t")), flush=True)  # noqa: T201


def _answer(pool: ConnectionPool, row: list[str]) -> str:
    try:
        with pool.connection() as connection:
            found = connection.execute(_WRITE, row).fetchone()
    except psycopg.Error as error:
        return f"failed\t{type(error).__name__}: {' '.join(str(error).split())}"
    return f"ok\t{found[0] if found else ''}"


if __name__ == "__main__":
    main(sys.argv[1])
