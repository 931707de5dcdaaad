"""`python -m drill.rig.parts`: JSON on stdout, everything else on stderr."""

import json
from pathlib import Path

import pytest

from drill.rig.parts.__main__ import main
from drill.rig.parts.cache import CACHE_VARIABLE, Cache
from drill.rig.parts.catalogue import PARTS
from drill.rig.parts.part import keys


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    """The cache that the command uses, empty, on a machine without any program."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.delenv("CI", raising=False)
    return Cache(folder=tmp_path / "cache")


def test_cached_parts_are_told_as_json_and_as_a_table(
    cache: Cache, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = cache.keep("etcd", keys(PARTS)["etcd"], lambda into: (into / "bin").mkdir())

    assert main(["--only", "etcd"]) == 0

    said = capsys.readouterr()
    assert json.loads(said.out) == {"etcd": str(folder)}
    assert "cached  the store of the API server" in said.err


def test_an_unknown_part_is_refused_on_one_line_with_the_names_that_exist(
    cache: Cache, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--only", "etdc"]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("--only: no part is called etdc; the parts are: kubernetes, etcd,")
    assert len(said.err.splitlines()) == 1
    assert not cache.folder.exists()


def test_each_missing_program_is_one_line_with_the_command_that_installs_it(
    cache: Cache, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--only", "pause"]) == 2

    assert (
        "missing: a C compiler - run: apt-get install gcc" in capsys.readouterr().err.splitlines()
    )
    assert not cache.folder.exists()


def test_cleaning_removes_the_cache(cache: Cache) -> None:
    cache.keep("etcd", "key", lambda into: (into / "bin").mkdir())

    assert main(["--clean"]) == 0

    assert not cache.folder.exists()


def test_an_interruption_ends_with_one_line_and_its_own_exit_code(
    cache: Cache, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("drill.rig.parts.__main__.build_each", interrupted)

    assert main(["--only", "etcd"]) == 130

    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not list(cache.folder.glob("*"))
