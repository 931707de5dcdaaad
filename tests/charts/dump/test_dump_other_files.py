"""A dump from a bucket leads pg_restore to no other file of the operator's computer."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pgtwin.commands import dump_files
from pgtwin.commands.dump_files import Strange, check_files
from pgtwin.errors import SiteFailed
from tests.charts.dump.conftest import SCRIPTS, Server
from tests.charts.dump.restoring import restore_dump

OUTSIDE = b"../../../../../../proc/self/environ"


@pytest.fixture(scope="module")
def taken(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dump by the real pg_dump, with rows and a large object."""
    folder = tmp_path_factory.mktemp("taken") / "dump"
    subprocess.run(
        ["pg_dump", "--format=directory", "--compress=gzip", f"--file={folder}"],
        env=postgres.environment() | {"PGUSER": "postgres", "PGPASSWORD": "of-the-superuser"},
        check=True,
    )
    return folder


@pytest.fixture
def dump(taken: Path, tmp_path: Path) -> Path:
    """One to change."""
    return shutil.copytree(taken, tmp_path / "dump")


def string(text: bytes) -> bytes:
    """As pg_dump writes one into toc.dat."""
    return b"\0" + len(text).to_bytes(4, "little") + text


def listing(dump: Path) -> Path:
    """Of the large objects."""
    (found,) = dump.glob("blobs_*.toc")
    return found


def rename(dump: Path, old: bytes, new: bytes) -> None:
    """Have toc.dat name another file."""
    toc = dump / "toc.dat"
    contents = toc.read_bytes()
    assert contents.count(string(old)) == 1
    toc.write_bytes(contents.replace(string(old), string(new)))


def rows(dump: Path) -> bytes:
    """What toc.dat calls the file with a table's rows."""
    name = max(dump.glob("[0-9]*.dat.gz"), key=lambda path: path.stat().st_size).name
    return name.removesuffix(".gz").encode()


def list_another_file(dump: Path) -> None:
    listing(dump).write_bytes(b"16999 " + OUTSIDE + b"\n")


def list_it_after_a_long_line(dump: Path) -> None:
    """pg_restore reads a line of more than 1024 bytes as several."""
    known = listing(dump).read_bytes().strip()
    listing(dump).write_bytes(known.ljust(1023) + b"16999 " + OUTSIDE + b"\n")


def name_another_file(dump: Path) -> None:
    rename(dump, rows(dump), OUTSIDE)


def end_a_name_early(dump: Path) -> None:
    rename(dump, rows(dump), OUTSIDE + b"\0.dat")


def take_rows_for_a_listing(dump: Path) -> None:
    rename(dump, listing(dump).name.encode(), rows(dump))


def hide_that_an_entry_lists(dump: Path) -> None:
    rename(dump, b"BLOBS", b"BLOBS\0")


def compress_a_listing(dump: Path) -> None:
    subprocess.run(["gzip", listing(dump)], check=True)


def compress_the_contents(dump: Path) -> None:
    subprocess.run(["gzip", dump / "toc.dat"], check=True)


def lead_elsewhere(dump: Path) -> None:
    (dump / "1.dat").symlink_to("/etc/hostname")


def be_of_another_version(dump: Path) -> None:
    contents = (dump / "toc.dat").read_bytes()
    (dump / "toc.dat").write_bytes(contents[:6] + b"\x0f" + contents[7:])


def end_early(dump: Path) -> None:
    (dump / "toc.dat").write_bytes((dump / "toc.dat").read_bytes()[:-1])


def go_on(dump: Path) -> None:
    (dump / "toc.dat").write_bytes((dump / "toc.dat").read_bytes() + b"\0")


CHANGES: tuple[Callable[[Path], None], ...] = (
    *(list_another_file, list_it_after_a_long_line, name_another_file, end_a_name_early),
    *(take_rows_for_a_listing, hide_that_an_entry_lists, compress_a_listing),
    *(compress_the_contents, lead_elsewhere, be_of_another_version, end_early, go_on),
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_dump_that_names_files_otherwise_than_pg_dump_is_refused_before_anything_is_made(
    dump: Path, change: Callable[[Path], None]
) -> None:
    change(dump)

    with pytest.raises((Strange, FileNotFoundError)):
        check_files(dump)


def test_no_byte_of_the_contents_that_is_changed_makes_another_error(dump: Path) -> None:
    contents = (dump / "toc.dat").read_bytes()

    for at in range(0, len(contents), 7):
        changed = bytes([contents[at] ^ 0x81])
        (dump / "toc.dat").write_bytes(contents[:at] + changed + contents[at + 1 :])
        try:
            check_files(dump)
        except Strange:
            continue


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_what_pg_dump_writes_is_taken(postgres: Server, tmp_path: Path, compression: str) -> None:
    where = postgres.environment() | {"PGUSER": "postgres", "PGPASSWORD": "of-the-superuser"}
    folder = tmp_path / "dump"
    command = ["pg_dump", "--format=directory", f"--compress={compression}", f"--file={folder}"]
    subprocess.run(command, env=where, check=True)

    check_files(folder)


def test_the_restore_itself_refuses_and_pg_restore_is_told_no_credentials_of_aws(
    dump: Path, postgres: Server, as_user: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_user(postgres, "postgres", "of-the-superuser")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-operator")
    said, tools = tmp_path / "environment", tmp_path / "tools"
    tools.mkdir()
    for tool in ("psql", "createdb", "pg_restore"):
        real = shutil.which(tool)
        (tools / tool).write_text(f'#!/bin/sh\nenv >>{said}\nexec {real} "$@"\n')
        (tools / tool).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")

    restore_dump(dump, "back", 2, confirmed="postgres")

    with postgres.connect("postgres") as admin:
        admin.execute("drop database back")
    assert "PGUSER=postgres" in said.read_text()
    assert "of-the-operator" not in said.read_text()
    list_another_file(dump)
    other = "repeat with --from primary"
    with pytest.raises(SiteFailed, match=f"names other files than its own.* - {other}$"):
        restore_dump(dump, "back", 2, confirmed="postgres", instead=other)
    with postgres.connect("postgres") as admin:
        assert not admin.execute("select from pg_database where datname = 'back'").rowcount


def test_the_pod_that_proves_dumps_looks_for_the_same() -> None:
    copy = (SCRIPTS / "dump_files.py").read_bytes()

    assert copy == Path(dump_files.__file__).read_bytes()
