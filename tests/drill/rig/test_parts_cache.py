"""The cache of built parts: whole or absent, and built once."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from drill.rig.parts.build import MissingPrerequisitesError, build_each, chosen, lacking
from drill.rig.parts.cache import CACHE_VARIABLE, UNUSED_SECONDS, Cache, default_folder
from drill.rig.parts.part import Part, Prerequisite, keys
from drill.rig.parts.workspace import PartNotBuiltError, Workspace


@dataclass(frozen=True, kw_only=True)
class Writes:
    """A recipe that writes one file, after noting in a shared file that it ran."""

    text: str
    inputs: tuple[Path, ...] = ()
    runs: Path | None = None
    command: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        return self.inputs

    @property
    def prerequisites(self) -> tuple[Prerequisite, ...]:
        return tuple(
            Prerequisite(what=what, package=f"{what}-dev", present=lambda: False)
            for what in self.lacking
        )

    def make(self, work: Workspace) -> None:
        if self.runs:
            with self.runs.open("a") as runs:
                runs.write("ran\n")
        (work.into / "half").write_text(self.text)
        if self.command:
            work.run(*self.command)
        (work.into / "text").write_text(self.text)


def part(name: str, recipe: Writes, *needs: str, version: str = "v1") -> Part:
    return Part(name=name, version=version, what="a text", recipe=recipe, needs=needs)


def silent(_line: str) -> None:
    """No progress wanted."""


def test_a_key_changes_with_every_input_of_its_recipe(tmp_path: Path) -> None:
    pins = tmp_path / "go.sum"
    pins.write_text("one")
    recipe = Writes(text="a", inputs=(pins,))
    before = keys([part("p", recipe)])["p"]

    assert keys([part("p", recipe)])["p"] == before
    assert keys([part("p", Writes(text="b", inputs=(pins,)))])["p"] != before
    assert keys([part("p", recipe, version="v2")])["p"] != before
    pins.write_text("two")
    assert keys([part("p", recipe)])["p"] != before


def test_a_key_changes_with_the_parts_that_it_is_made_from() -> None:
    user = part("user", Writes(text="u"), "base")

    first = keys([part("base", Writes(text="a")), user])
    second = keys([part("base", Writes(text="b")), user])

    assert first["user"] != second["user"]


def test_a_second_start_builds_nothing(tmp_path: Path) -> None:
    cache, runs = Cache(folder=tmp_path / "cache"), tmp_path / "runs"
    parts = [part("p", Writes(text="a", runs=runs))]

    first = build_each(parts, cache, silent)
    lines: list[str] = []
    second = build_each(parts, cache, lines.append)

    assert first[0].folder == second[0].folder
    assert (second[0].folder / "text").read_text() == "a"
    assert runs.read_text() == "ran\n"
    assert lines == ["[1/1] p v1: cached"]


def test_a_failed_build_leaves_nothing_and_shows_the_end_of_its_log(tmp_path: Path) -> None:
    cache = Cache(folder=tmp_path / "cache")
    failing = part("p", Writes(text="a", command=("sh", "-c", "echo no such header; exit 3")))

    with pytest.raises(PartNotBuiltError, match=r"sh ended with 3[\s\S]*no such header"):
        build_each([failing], cache, silent)

    assert cache.find("p", keys([failing])["p"]) is None
    assert not list(cache.folder.glob("p-*"))
    assert not list(cache.folder.glob(".making-*"))


def test_a_killed_build_leaves_no_part_and_the_next_one_clears_its_folder(tmp_path: Path) -> None:
    cache = Cache(folder=tmp_path / "cache")
    child = multiprocessing.get_context("fork").Process(target=_keep_for_ever, args=(cache,))
    child.start()
    _until(lambda: bool(list(cache.folder.glob(".making-p-*/half"))))
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    child.join()

    assert cache.find("p", "k") is None
    cache.keep("p", "k", lambda into: (into / "text").touch())
    assert [path.name for path in cache.folder.glob("p-*/*")] == ["text"]
    assert not list(cache.folder.glob(".making-*"))


def test_two_builds_at_once_build_a_part_once(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    script = (
        "import sys, time; from pathlib import Path; from drill.rig.parts.cache import Cache\n"
        "def make(into):\n"
        "    open(sys.argv[2], 'a').write('ran\\n'); time.sleep(0.5); (into / 'text').touch()\n"
        "print(Cache(folder=Path(sys.argv[1])).keep('p', 'k', make))\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "cache"), str(runs)]

    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in both]

    assert said[0] == said[1] == f"{tmp_path}/cache/p-k\n"
    assert runs.read_text() == "ran\n"


def test_what_the_machine_lacks_is_said_before_anything_is_built(tmp_path: Path) -> None:
    cache, runs = Cache(folder=tmp_path / "cache"), tmp_path / "runs"
    parts = [
        part("first", Writes(text="a", runs=runs)),
        part("second", Writes(text="b", lacking=("libx", "liby")), "first"),
    ]

    with pytest.raises(MissingPrerequisitesError) as refused:
        build_each(parts, cache, silent)

    assert str(refused.value).splitlines() == [
        "missing: libx - run: apt-get install libx-dev",
        "missing: liby - run: apt-get install liby-dev",
    ]
    assert not runs.exists()


def test_a_part_that_is_cached_needs_nothing_of_the_machine(tmp_path: Path) -> None:
    cache = Cache(folder=tmp_path / "cache")
    cached = part("p", Writes(text="a", lacking=("libx",)))
    absent = part("q", Writes(text="a", lacking=("liby",)))
    cache.keep("p", keys([cached])["p"], lambda into: (into / "text").touch())

    assert build_each([cached], cache, silent)[0].seconds == 0
    assert [each.package for each in lacking(cache, [cached, absent])] == ["liby-dev"]


def test_a_chosen_part_brings_what_it_is_made_from_in_order() -> None:
    catalogue = [
        part("base", Writes(text="a")),
        part("other", Writes(text="b")),
        part("image", Writes(text="c"), "base"),
    ]

    assert [one.name for one in chosen(["image"], catalogue)] == ["base", "image"]
    with pytest.raises(ValueError, match="no part is called imge; the parts are: base, other"):
        chosen(["imge"], catalogue)


def test_the_cache_is_outside_the_checkout_and_one_variable_moves_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert default_folder() == tmp_path / "caches" / "pgtwin" / "rig"

    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "elsewhere"))
    assert default_folder() == tmp_path / "elsewhere"


def test_a_part_of_an_old_recipe_goes_when_nobody_asked_for_it_for_long(tmp_path: Path) -> None:
    cache = Cache(folder=tmp_path)
    unused, used, other = (
        cache.keep(name, key * 16, lambda into: (into / "text").touch())
        for name, key in (("p", "a"), ("p", "b"), ("p-2", "a"))
    )
    long_ago = time.time() - UNUSED_SECONDS - 1
    for folder in (unused, used, other):
        os.utime(folder, (long_ago, long_ago))
    cache.find("p", "b" * 16)

    cache.keep("p", "c" * 16, lambda into: (into / "text").touch())

    assert not unused.exists()
    assert used.exists()
    assert other.exists(), "it belongs to another part"


def test_cleaning_removes_every_part(tmp_path: Path) -> None:
    cache = Cache(folder=tmp_path / "cache")
    cache.keep("p", "k", lambda into: (into / "text").touch())

    cache.clean()

    assert not cache.folder.exists()


def _keep_for_ever(cache: Cache) -> None:
    def make(into: Path) -> None:
        (into / "half").touch()
        time.sleep(600)

    cache.keep("p", "k", make)


def _until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "the child did not start to build"
        time.sleep(0.01)
