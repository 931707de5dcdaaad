"""Several runs fetch the bundle on one machine: `current` never goes back to an older one."""

from contextlib import ExitStack
from dataclasses import replace

import pytest

from host.bundle.bundle import current, fetch
from host.errors import Locked
from host.machine.lock import lock
from host.machine.rooted_files import RootedFiles
from tests.host.boot.world import World


class _Files(RootedFiles):
    """Tries to fetch in another run while `current` is moved."""

    def link(self, path: str, target: str) -> None:
        with pytest.raises(Locked), lock(self, "bundle"):
            pass
        super().link(path, target)


def test_a_run_that_waited_for_another_fetches_what_the_pointer_names_by_then(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = world.machine("agent-1").machine
    with ExitStack() as other:
        other.enter_context(lock(machine.files, "bundle"))

        def sleep(_seconds: float) -> None:
            published.append(world.publish(world.bundle(host_pyz=b"newer program")))
            other.close()

        published: list[str] = []
        monkeypatch.setattr(machine.clock, "sleep", sleep)

        assert [fetch(machine).sha256] == published


def test_nobody_fetches_between_the_reading_of_the_pointer_and_the_move_of_current(
    world: World,
) -> None:
    booted = world.machine("agent-1")
    machine = replace(booted.machine, files=_Files(str(booted.root)))

    fetched = fetch(machine)

    assert current(machine.files) == fetched
