"""PostgreSQL, psql and psycopg with a site's certificates, before, during and after a rotation.

On a PostgreSQL that was built with TLS, which the drill's own was not: Debian's package, where the
machine has one.
"""

import base64
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from drill.operator.free_port import free_port
from drill.operator.processes import unprivileged
from drill.waiting import wait_for
from host.certificates import tls_secrets
from tests import certificates
from tests.certificates import ALIAS, SEED

INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
NEXT = "the next authority, which is trusted before it signs"
PASSWORD = "of the owner"
FILES = {"tls.crt": "server.crt", "tls.key": "server.key", "ca.crt": "ca.crt"}
SETTINGS = """
ssl = on
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
ssl_ca_file = 'ca.crt'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
"""
HBA = """\
hostssl replication streaming_replica all cert
hostssl all all all scram-sha-256
"""
"""The operator's own rule for standbys (cloudnative-pg v1.30.0 pkg/postgres/configuration.go)."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not INSTALLED, reason="no PostgreSQL with TLS is installed"),
]
Secrets = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running PostgreSQL."""

    data: Path
    port: int

    def take_over(self, secrets: Secrets) -> None:
        """Write what the operator writes, and reload."""
        for name in (tls_secrets.AUTHORITY, tls_secrets.SERVER_TLS):
            for key, text in secrets[name]["data"].items():
                file = self.data / FILES[key]
                file.touch(mode=0o600)
                file.write_bytes(base64.b64decode(text))
        pid = self.data / "postmaster.pid"
        if pid.exists():
            subprocess.run(["kill", "-HUP", pid.read_text().splitlines()[0]], check=True)

    def login(self, bundle: Path, host: str = ALIAS) -> dict[str, Any]:
        return {
            "host": host,
            "hostaddr": "127.0.0.1",
            "port": self.port,
            "user": "postgres",
            "password": PASSWORD,
            "dbname": "postgres",
            "sslmode": "verify-full",
            "sslrootcert": str(bundle),
            "channel_binding": "require",
        }


@pytest.fixture
def of_old(tmp_path: Path) -> Secrets:
    return certificates.secrets(tmp_path / "machine", hosts=[ALIAS])


@pytest.fixture
def server(tmp_path: Path, of_old: Secrets) -> Iterator[Server]:
    programs, data = INSTALLED[-1].parent, tmp_path / "data"
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    make = [str(programs / "initdb"), "-D", str(data), "--auth=scram-sha-256"]
    options = [f"--pwfile={password}", "--username=postgres", "--encoding=UTF8"]
    subprocess.run(unprivileged([*make, *options]), check=True, capture_output=True)
    made = Server(data=data, port=free_port(tmp_path / "port"))
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(f"{SETTINGS}port = {made.port}\n")
    (data / "pg_hba.conf").write_text(HBA)
    made.take_over(of_old)
    log = (tmp_path / "log").open("ab")
    process = subprocess.Popen(
        unprivileged([str(programs / "postgres"), "-D", str(data)]), stdout=log, stderr=log
    )
    bundle = trusted(tmp_path / "old.crt", of_old)
    wait_for(lambda: said(made.login(bundle)) is None, 60, "PostgreSQL to start")
    with psycopg.connect(**made.login(bundle), autocommit=True) as connection:
        connection.execute("CREATE ROLE streaming_replica LOGIN REPLICATION")
    yield made
    process.terminate()
    process.wait(30)
    log.close()


def trusted(file: Path, secrets: Secrets) -> Path:
    file.write_text(tls_secrets.bundle(dict(secrets[tls_secrets.AUTHORITY])))
    return file


def said(login: Mapping[str, Any]) -> str | None:
    """Why a connection is not made; None where it is."""
    try:
        psycopg.connect(**login).close()
    except psycopg.OperationalError as error:
        return str(error)
    return None


def standby(server: Server, folder: Path, secrets: Secrets) -> dict[str, Any]:
    """What a standby of either site connects with."""
    files = {}
    for key, text in secrets[tls_secrets.STREAMING_TLS]["data"].items():
        files[key] = folder / f"standby-{key}"
        files[key].touch(mode=0o600)
        files[key].write_bytes(base64.b64decode(text))
    login = server.login(trusted(folder / "standby-ca.crt", secrets))
    del login["password"], login["channel_binding"]
    return {
        **login,
        "user": "streaming_replica",
        "replication": "true",
        "sslcert": str(files["tls.crt"]),
        "sslkey": str(files["tls.key"]),
    }


def test_clients_verify_the_name_and_bind_the_password_to_the_certificate(
    server: Server, tmp_path: Path, of_old: Secrets
) -> None:
    bundle = trusted(tmp_path / "bundle.crt", of_old)
    login = server.login(bundle)
    words = " ".join(f"{key}='{value}'" for key, value in login.items())

    printed = subprocess.run(
        ["psql", words, "-tAc", "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert printed.stdout.strip() == "TLSv1.3"
    assert said(login) is None
    assert "does not match host name" in str(said(server.login(bundle, host="k3s.pgtwin.internal")))
    stranger = certificates.secrets(
        tmp_path / "x", hosts=[ALIAS], trusted=certificates.believed("a stranger's own authority")
    )
    unknown = server.login(trusted(tmp_path / "stranger.crt", stranger))
    assert "certificate verify failed" in str(said(unknown))


def test_a_standby_of_the_other_site_is_let_in_by_its_certificate_alone(
    server: Server, tmp_path: Path
) -> None:
    of_other_site = certificates.secrets(tmp_path / "other", hosts=["other-rw"])
    login = standby(server, tmp_path, of_other_site)

    with psycopg.connect(**login, autocommit=True, cursor_factory=psycopg.RawCursor) as connection:
        connection.pgconn.exec_(b"IDENTIFY_SYSTEM")
        assert connection.info.parameter_status("server_version")
    del login["sslcert"], login["sslkey"]
    assert "requires a valid client certificate" in str(said(login))


def test_nobody_is_refused_while_the_authority_rotates(
    server: Server, tmp_path: Path, of_old: Secrets
) -> None:
    during = certificates.secrets(
        tmp_path / "1", hosts=[ALIAS], trusted=certificates.believed(SEED, NEXT)
    )
    after = certificates.secrets(
        tmp_path / "2", hosts=[ALIAS], trusted=certificates.believed(NEXT, SEED)
    )
    old = server.login(trusted(tmp_path / "old.crt", of_old))
    both = server.login(trusted(tmp_path / "both.crt", during))

    with psycopg.connect(**old) as connection:
        server.take_over(during)
        assert (said(old), said(both)) == (None, None)

        server.take_over(after)
        wait_for(lambda: said(old) is not None, 10, "the new certificate")
        assert said(both) is None
        of_old_leaf = {**after, tls_secrets.STREAMING_TLS: of_old[tls_secrets.STREAMING_TLS]}
        assert said(standby(server, tmp_path, of_old_leaf)) is None, "the old standby's"
        assert said(standby(server, tmp_path, after)) is None, "the new standby's"
        assert connection.execute("SELECT 1").fetchone() == (1,), "who was connected stays so"
