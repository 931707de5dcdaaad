"""`pgbouncer_program.py USER HOST PORT DATABASE SSLMODE CA`: an application behind pgbouncer.

pgbouncer runs beside it and ends with it; the application is the one with psycopg's pool, which is
led to pgbouncer alone.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from drill.traffic.pooled import psycopg_program

SETTINGS = Path(__file__).with_name("pgbouncer.ini")
_ACCOUNT = "nobody"
"""pgbouncer refuses to run as root."""


def main(user: str, host: str, server_port: str, database: str, sslmode: str, ca: str) -> None:
    """Start pgbouncer, then answer rows until the input ends."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="pgtwin-") as folder:
        os.chmod(folder, 0o755)  # noqa: S103 (the file in it is the account's own)
        settings = Path(folder) / "pgbouncer.ini"
        settings.touch(mode=0o600)
        settings.write_text(
            SETTINGS.read_text(encoding="utf-8").format(
                user=user,
                host=host,
                server_port=server_port,
                password=os.environ["PGPASSWORD"],
                port=port,
                sslmode=sslmode,
                ca=ca,
            )
        )
        starting = ["setpriv", "--pdeathsig", "TERM"]
        if os.geteuid() == 0:
            shutil.chown(settings, _ACCOUNT)
            starting += ["--reuid", _ACCOUNT, "--clear-groups"]
        with subprocess.Popen(
            [*starting, "pgbouncer", str(settings)], stdin=subprocess.DEVNULL, stdout=sys.stderr
        ) as bouncer:
            try:
                psycopg_program.main(f"postgresql://{user}@127.0.0.1:{port}/{database}")
            finally:
                bouncer.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
