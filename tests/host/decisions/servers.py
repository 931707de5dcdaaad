"""Real PostgreSQL servers that stream from one another, and the host program's look at one."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from drill.operator.instance import Instance
from drill.operator.processes import POSTGRES_BIN, Processes
from host.postgres.site_look import SiteLook, look
from tests.host.decisions.conftest import PodShell, psql_of


@contextmanager
def servers(
    scratch: Path, leader: str, *followers: str, **settings: str
) -> Iterator[tuple[Instance, ...]]:
    """A leader with these settings, and clones that follow it by the stream alone."""
    scratch.chmod(0o777)
    with ExitStack() as stack:
        processes = stack.enter_context(Processes(scratch / "instances"))
        made = tuple(
            Instance(
                name=name,
                directory=processes.directory / name,
                sockets=scratch,
                environment={},
                processes=processes,
            )
            for name in (leader, *followers)
        )
        first = made[0]
        initdb = [str(POSTGRES_BIN / "initdb"), "--pgdata", str(first.pgdata)]
        first.run([*initdb, "--username=postgres", "--no-sync", "--auth=trust"])
        for each in made:
            if each is not first:
                clone = [str(POSTGRES_BIN / "pg_basebackup"), "--pgdata", str(each.pgdata)]
                first.run([*clone, "--checkpoint=fast", "--no-sync"])
                each.become_standby()
            _configure(each, settings)
            each.start()
            stack.callback(each.crash)
            if each is not first:
                follow(each, first)
        yield made


def archive_in(scratch: Path) -> Path:
    """An empty folder that the servers may write."""
    archive = scratch / "archive"
    archive.mkdir()
    archive.chmod(0o777)
    return archive


def archiving(scratch: Path) -> dict[str, str]:
    """Settings by which each server archives into the same folder, and restores from it."""
    archive = archive_in(scratch)
    return {
        "archive_mode": "on",
        "archive_command": f"cp %p {archive}/%f",
        "restore_command": f"cp {archive}/%f %p",
    }


def follow(instance: Instance, source: Instance) -> None:
    """Stream from this source from now on."""
    there = f"host={source.sockets} port={source.port} user=postgres"
    instance.query(f"ALTER SYSTEM SET primary_conninfo = '{there}'")
    instance.reload()


def look_at(instance: Instance) -> SiteLook:
    """What the host program sees of it."""
    where = {"PGHOST": str(instance.sockets), "PGPORT": str(instance.port), "PGUSER": "postgres"}
    psql = psql_of(PodShell(where), "postgres")
    return look(psql, psql, own="dr", peer="primary")


def _configure(instance: Instance, settings: dict[str, str]) -> None:
    every = {
        "wal_retrieve_retry_interval": "200ms",
        "listen_addresses": "",
        "port": str(instance.port),
        "unix_socket_directories": str(instance.sockets),
        **settings,
    }
    lines = [f"{name} = '{value}'\n" for name, value in every.items()]
    (instance.pgdata / "postgresql.conf").write_text("".join(lines), encoding="utf-8")
