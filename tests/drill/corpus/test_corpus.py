"""A slice of the corpus, that what is wrong turns it red, and that nothing outlives it."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from drill.awkward_database import AwkwardDatabase, Outcome, awkward_databases
from drill.corpus.corpus import Corpus, Dump
from drill.operator.processes import Processes
from drill.operator.reaper import processes_in
from tests.golden import ROOT
from tests.restore_page import typed
from tests.waiting import HANGS_SECONDS

SLICE = (
    "column_called_whole_row",
    "function_without_its_schema",
    "index_whose_function_fails",
    "prepared_transaction",
    "read_only_by_default",
)


TARGET = typed("make corpus").removeprefix("make ")


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name."""
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        yield Path(folder)


def corpus(*arguments: str, work: Path) -> "subprocess.Popen[str]":
    """What `make` runs, with its temporary files in `work`."""
    recipe = rf"^{TARGET}:.*\n\t@python (.+) \$\(OPTIONS\)$"
    (program,) = re.findall(recipe, (ROOT / "Makefile").read_text(), re.M)
    return subprocess.Popen(
        [sys.executable, *program.split(), *arguments],
        env={**os.environ, "TMPDIR": str(work)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def only(*names: str) -> list[str]:
    """Options that choose these databases."""
    return [f"--database={name}" for name in names]


def test_one_document_says_how_many_databases_there_are() -> None:
    documents = [ROOT / "README.md", ROOT / "Makefile", *(ROOT / "docs").glob("*.md")]

    said = [re.findall(r"(\d+) awkward databases", page.read_text()) for page in documents]

    assert [number for numbers in said for number in numbers] == [str(len(awkward_databases()))]


@pytest.mark.slow
def test_a_slice_of_the_corpus_comes_out_as_its_files_say(
    short_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "corpus.json"
    process = corpus(f"--out={out}", *only(*SLICE), work=short_folder)

    shown, told = process.communicate(timeout=HANGS_SECONDS)

    assert process.returncode == 0, shown + told
    found = json.loads(out.read_text())
    assert found["wrong"] == 0
    assert [each["name"] for each in found["databases"]] == list(SLICE)
    assert f"restore and compare: {len(SLICE)} of {len(SLICE)}" in told
    assert list(short_folder.iterdir()) == []


@pytest.mark.slow
def test_an_outcome_that_a_file_does_not_expect_is_red(short_folder: Path, tmp_path: Path) -> None:
    planted, out = tmp_path / "planted", tmp_path / "corpus.json"
    planted.mkdir()
    (planted / "fine.sql").write_text("-- expect: equal\ncreate table kept as select 1 as n;\n")
    (planted / "unexpected.sql").write_text("-- expect: equal\ncreate sequence counter;\n")
    process = corpus(f"--folder={planted}", f"--out={out}", work=short_folder)

    shown, told = process.communicate(timeout=HANGS_SECONDS)

    assert process.returncode == 1, shown + told
    assert json.loads(out.read_text()) == {
        "databases": [
            {"name": "fine", "outcome": "equal", "named": []},
            {"name": "unexpected", "outcome": "named", "named": ["sequences"]},
        ],
        "wrong": 1,
    }
    assert "WRONG, expected: equal" in shown


@pytest.mark.slow
def test_an_archive_that_is_replayed_past_the_moment_differs(short_folder: Path) -> None:
    class Overshooting(Corpus):
        def recovery(self, archive: Path, dumps: Sequence[Dump]) -> dict[str, str]:
            settings = super().recovery(archive, dumps)
            return {key: settings[key] for key in ("restore_command",)}

    def tell(*_: Any) -> None:
        pass

    with Processes(short_folder) as processes:
        (found,) = Overshooting(processes, tell).run(awkward_databases(["empty"]))

    assert found.outcome == "archive and dump of the same moment differ in: pgtwin.heartbeat"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(
    number: signal.Signals, short_folder: Path, tmp_path: Path
) -> None:
    process = corpus(f"--out={tmp_path / 'corpus.json'}", *only("empty"), work=short_folder)
    assert process.stderr is not None
    told = ""
    while "make: 1 of 1" not in told:
        told += process.stderr.read(1)

    process.send_signal(number)

    process.communicate(timeout=HANGS_SECONDS)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert processes_in(short_folder) == []
    assert list(short_folder.iterdir()) == []


def test_there_are_at_least_forty_and_each_says_what_has_to_come_out() -> None:
    found = awkward_databases()

    assert len(found) >= 40
    assert all(each.sql.startswith("-- expect: ") for each in found)
    assert {each.outcome for each in found} == {"equal", "named"}
    assert all(each.sql.count("\n") < 40 for each in found), "a page at most"


@pytest.mark.parametrize(
    ("kinds", "right"),
    [
        (["subscriptions"], True),
        (["subscriptions", "roles"], True),
        (["subscriptions", "sequences"], False),
        (["sequences"], False),
        ([], False),
    ],
)
def test_an_outcome_is_right_only_where_it_names_what_the_file_says_and_no_more(
    kinds: list[str], right: bool
) -> None:
    wanted = AwkwardDatabase(name="a", sql="", outcome="named", named=("subscriptions",))

    assert Outcome.of("a", kinds).is_right(wanted) is right


def test_a_database_that_differs_is_never_right() -> None:
    wanted = AwkwardDatabase(name="a", sql="", outcome="equal", named=())

    assert not Outcome(name="a", outcome="archive and dump differ", named=[]).is_right(wanted)
