"""What `host/` takes for granted of other parts is listed in one place, and the list is true.

The place is the table "Words and times" of docs/assumptions.md.
"""

import re
from pathlib import Path

import pytest

from tests.contract.foreign_words import OF_KUBERNETES, foreign_words, words

ROOT = Path(__file__).parents[2]
LIST = ROOT / "docs/assumptions.md"
_HEADING = "\n## Words and times\n"
_QUOTED = re.compile(r"`([^`]+)`")


def rows() -> list[list[str]]:
    """The table's cells: whose, words, source, held by."""
    lines = LIST.read_text(encoding="utf-8").partition(_HEADING)[2].splitlines()
    table = [line for line in lines if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split(" |")] for line in table]


def words_of(whose: str) -> list[str]:
    """The words of one row."""
    (row,) = [row for row in rows() if row[0] == whose]
    return _QUOTED.findall(row[1])


def listed() -> list[str]:
    """All of them."""
    return [word for row in rows() for word in _QUOTED.findall(row[1])]


def test_every_word_that_the_host_program_takes_from_other_parts_is_listed() -> None:
    known = set(listed())
    missing = sorted((w, file) for w, file in foreign_words(ROOT / "host") if w not in known)

    assert missing == [], f"list them in {LIST} with their source and what holds them"


def test_nothing_is_listed_that_the_host_program_no_longer_uses() -> None:
    used = {word for word, _ in foreign_words(ROOT / "host")}

    assert sorted(set(listed()) - used) == []


def test_every_row_names_its_source() -> None:
    assert [row[0] for row in rows() if not row[2]] == []


def test_whatever_a_row_is_held_by_exists() -> None:
    paths = {path for row in rows() for path in _QUOTED.findall(row[3])}

    assert paths
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_the_command_and_the_charts_leave_the_operator_s_words_to_the_host_program() -> None:
    """The charts only write manifests, which the API judges; the command asks the host program."""
    found = [word for word, _ in foreign_words(ROOT / "pgtwin") if OF_KUBERNETES.search(word)]

    assert found == []


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ('x = item["status"]', "status"),
        ('x = item.get("status", {}).get("newField")', "newField"),
        ('x = cluster.status("newField")', "newField"),
        ('x = has_condition(job, "Suspended")', "Suspended"),
        ('x = phase == "Upgrading cluster"', "Upgrading cluster"),
        ('x = "too many clients" in failed.stderr', "too many clients"),
        ('PHASES = ("completed", "aborted")', "aborted"),
        ('LABEL = "cnpg.io/instanceRole"', "cnpg.io/instanceRole"),
        ('x = {"selector": "cnpg.io/instanceRole=primary"}', "cnpg.io/instanceRole=primary"),
        ('selector = f"{one},cnpg.io/podRole=pooler"', "cnpg.io/podRole=pooler"),
        ('service = f"{cluster}-ro"', "-ro"),
        ('kubectl.list("endpointslices", namespace)', "endpointslices"),
        ('where = ("logs", "-n", "postgres"); kubectl.run(*where)', "logs"),
        ("_WAIT_SECONDS = 31", "_WAIT_SECONDS = 31"),
    ],
)
def test_a_new_word_is_found(source: str, word: str) -> None:
    assert word in words(source)
