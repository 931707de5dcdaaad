"""A session of psql with a real PostgreSQL."""

from collections.abc import Iterator

import pytest

from drill.grounds.psql_session import PsqlSession, psql
from drill.operator.processes import POSTGRES_BIN, Processes
from drill.throughput.workload import Workload


@pytest.fixture(scope="module")
def argv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    folder = tmp_path_factory.mktemp("psql")
    with Processes(folder) as processes:
        server = Workload(
            directory=folder, sockets=folder, processes=processes, parameters={}, scale=1
        )
        with server:
            where = f"--host={folder}", f"--port={server.instance.port}", "--username=postgres"
            program, *options = psql("postgres")
            yield [str(POSTGRES_BIN / program), *options, *where]


@pytest.fixture
def session(argv: list[str]) -> Iterator[PsqlSession]:
    session = PsqlSession(argv)
    yield session
    session.close()
