"""The tools of a pod, as `pgtwin dump restore` starts them; `kubectl exec` is a script here."""

import os
from pathlib import Path
from typing import Any

import pytest

from drill.grounds import pod_tools
from tests.charts.dump import conftest as dumped
from tests.charts.dump.restoring import restore_dump

aws, s3_endpoint = dumped.aws, dumped.s3_endpoint
postgres, scripts = dumped.postgres, dumped.scripts
"""Fixtures of the tests of the dump itself: a real PostgreSQL, and its dump."""
KUBECTL = """#!/bin/sh
while [ "$1" != -- ]; do shift; done; shift
cd / && exec env -i PATH={path} "$@"
"""


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """The folder with them. What runs in the pod has nothing of this environment."""
    kubectl, folder, scratch = (tmp_path / name for name in ("kubectl", "tools", "pod"))
    kubectl.write_text(KUBECTL.format(path=f"{dumped.BIN}:/usr/bin:/bin"))
    kubectl.chmod(0o755)
    folder.mkdir()
    scratch.mkdir()
    pod_tools.install(folder, [str(kubectl), "exec", "pod-1", "--"], scratch=str(scratch))
    return folder


def test_the_documented_command_restores_a_dump_with_the_tools_of_a_pod(
    scripts: Any,
    postgres: dumped.Server,
    tools: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dump = scripts.directory / scripts.dump().stdout.strip()
    login = {"PGUSER": "app_user", "PGPASSWORD": "of-the-owner", "PGSSLMODE": "disable"}
    where = {"PGHOST": "127.0.0.1", "PGPORT": str(postgres.port)}
    for name, value in {**where, **login, "PATH": f"{tools}:{os.environ['PATH']}"}.items():
        monkeypatch.setenv(name, value)
    with postgres.connect() as admin:
        admin.execute("alter role app_user createdb password 'of-the-owner'")
        try:
            restore_dump(dump, "back", 2, confirmed="app_user")

            with postgres.connect("back") as back:
                assert back.execute("select count(*) from account").fetchone() == (20000,)
        finally:
            admin.execute("drop database if exists back with (force)")
            admin.execute("alter role app_user nocreatedb")
    assert list((tmp_path / "pod").iterdir()) == []
