"""A site is recorded through kubectl: here a program that says what a real one was seen to say."""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from drill.rig.recorder import Observed
from drill.rig.watched_site import WatchedSite, answer, event

POD = {
    "metadata": {"name": "one-1", "labels": {"cnpg.io/instanceRole": "primary"}},
    "status": {"phase": "Running"},
}
STATE = {"in_recovery": False, "timeline": 1, "started": "10:00:00", "synchronous_standbys": 2}
KUBECTL = """
import os, sys, time
open(os.path.join(FOLDER, str(os.getpid())), "w").close()
asked = " ".join(sys.argv[1:])
if " exec " in asked:
    for _ in sys.stdin:
        print(STATE, flush=True)
    sys.exit()
if " pods " in asked:
    print(POD, flush=True)
    if os.path.exists(os.path.join(FOLDER, "gone")):
        print(GONE, flush=True)
        time.sleep(600)
    open(os.path.join(FOLDER, "gone"), "w").close()
    sys.exit(1)
time.sleep(600)
"""
"""Its watch of the pods ends at first, as with an API that restarts."""

Until = Callable[[Callable[[Observed], bool]], list[Observed]]


def said(kind: str, item: object) -> str:
    return json.dumps({"type": kind, "object": item})


@pytest.fixture
def until(tmp_path: Path) -> Iterator[Until]:
    """What was observed up to the first that is wanted."""
    names = {
        "FOLDER": str(tmp_path),
        "STATE": json.dumps(STATE),
        "POD": said("ADDED", POD),
        "GONE": said("DELETED", POD),
    }
    text = KUBECTL
    for name, value in names.items():
        text = text.replace(name, repr(value))
    program = tmp_path / "kubectl.py"
    program.write_text(text, encoding="utf-8")

    def kubectl(arguments: Sequence[str]) -> Sequence[str]:
        return [sys.executable, str(program), *arguments]

    def observe(wanted: Callable[[Observed], bool]) -> list[Observed]:
        stop, seen = threading.Event(), list[Observed]()
        for each in WatchedSite(kubectl).observed(stop):
            seen.append(each)
            if wanted(each):
                stop.set()
        return seen

    yield observe
    for each in tmp_path.glob("[0-9]*"):
        with pytest.raises(ProcessLookupError):
            os.kill(int(each.name), 0)


def test_a_pod_that_appears_is_asked_for_its_state(until: Until) -> None:
    seen = until(lambda each: each.kind == "sql")

    assert (seen[-1].name, seen[-1].value) == ("one-1", STATE)


def test_a_watch_that_ends_is_begun_again(until: Until) -> None:
    seen = until(lambda each: each.kind == "pod" and each.value is None)

    assert [each.value for each in seen if each.kind == "pod"] == [POD, POD, None]


def test_an_event_names_its_object() -> None:
    assert event(said("MODIFIED", POD)) == ("one-1", POD)
    assert event(said("DELETED", POD)) == ("one-1", None)


def test_the_error_of_an_instance_is_told_without_its_socket() -> None:
    connection = 'psql: error: connection to server on socket "/a/.s.PGSQL.5432" failed: '

    assert answer(f"{connection}No such file or directory Is the server running locally?") == {
        "error": "No such file or directory"
    }
    assert answer(f"{connection}FATAL: the database system is starting up") == {
        "error": "FATAL: the database system is starting up"
    }
