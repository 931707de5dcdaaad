"""What a watch tells, as `kubectl get -w --output-watch-events` prints it."""

import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.contract.side import Side
from tests.waiting import HANGS_SECONDS

pytestmark = pytest.mark.usefixtures("process")
_LINE = 'jsonpath={.type} {.object.metadata.name} {.object.data.key}{"\\n"}'


class Watch:
    """What one kubectl prints, line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._lines = queue.Queue[str]()
        assert process.stdout
        for_ever = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        for_ever.start()

    def _read(self, stdout: Iterator[str]) -> None:
        for line in stdout:
            self._lines.put(line.rstrip("\n"))

    def next(self) -> str:
        """The next line, however long it takes."""
        return self._lines.get(timeout=HANGS_SECONDS)


@contextmanager
def watch(side: Side, *what: str) -> Iterator[Watch]:
    """One kubectl that watches, ended at last."""
    command = [*side.command, "get", *what, "-n", side.namespace, "-w", "--output-watch-events"]
    with subprocess.Popen([*command, "-o", _LINE], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Watch(process)
        finally:
            process.kill()


def test_a_watch_tells_what_is_there_and_then_what_happens(side: Side) -> None:
    side.create(side.config_map("a", key="1"))

    with watch(side, "configmaps") as seen:
        assert seen.next() == "ADDED a 1"
        side.patch("configmap", "a", {"data": {"key": "2"}})
        assert seen.next() == "MODIFIED a 2"
        side.create(side.config_map("b", key="3"))
        assert seen.next() == "ADDED b 3"
        side.delete("configmap", "a")
        assert seen.next() == "DELETED a 2"


def test_a_watch_of_one_object_is_told_of_no_other(side: Side) -> None:
    side.create(side.config_map("a", key="1"))

    with watch(side, "configmap", "a") as seen:
        assert seen.next() == "ADDED a 1"
        side.create(side.config_map("b", key="2"))
        side.delete("configmap", "a")
        assert seen.next() == "DELETED a 1"


def test_to_a_watch_of_a_selector_an_object_comes_and_goes_with_its_label(side: Side) -> None:
    def label(value: str | None) -> None:
        merge = {"metadata": {"labels": {"pgtwin/watched": value}}, "data": {"key": f"{value}"}}
        assert side.patch("configmap", "a", merge).exit_code == 0

    side.create(side.config_map("a", key="1"))
    side.create(side.config_map("other", key="1"))

    with watch(side, "configmaps", "--selector=pgtwin/watched=yes") as seen:
        label("yes")
        assert seen.next() == "ADDED a yes"
        label("no")
        assert seen.next() == "DELETED a yes"
        label("yes")
        assert seen.next() == "ADDED a yes"
        side.delete("configmap", "a")
        assert seen.next() == "DELETED a yes"


def test_an_object_that_waits_for_its_finalizer_is_deleted_when_it_is_gone(side: Side) -> None:
    item = side.config_map("a", key="1")
    item["metadata"]["finalizers"] = ["pgtwin/keep"]
    side.create(item)

    with watch(side, "configmaps") as seen:
        assert seen.next() == "ADDED a 1"
        side.delete("configmap", "a")
        assert seen.next() == "MODIFIED a 1"
        side.patch("configmap", "a", {"metadata": {"finalizers": None}})
        assert seen.next() == "DELETED a 1"
