"""A boot that is cut off after any of its effects, and run again, ends like one that was not."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from host.verbs.boot import run
from tests.host.boot.interruption import Ending, Interruption, Killed
from tests.host.boot.world import BOOT, Booted, World

pytestmark = pytest.mark.slow
TIMES = "/var/lib/pgtwin/boot.json"


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    # What survives a power cut is not what these tests can show; waiting for the disk is slow.
    monkeypatch.setattr(os, "fsync", lambda _: None)


def tree(folder: Path) -> dict[str, tuple[int, str]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        content = str(path.readlink()) if path.is_symlink() else ""
        if path.is_file() and not path.is_symlink():
            content = path.read_text()
        if not path.is_dir() or path.is_symlink():
            found[str(path.relative_to(folder))] = (path.lstat().st_mode, content)
    return found


def state(world: World, node: str, booted: Booted) -> dict[str, Any]:
    root, record = tree(booted.root), booted.machine.files.read(TIMES)
    del root[TIMES.removeprefix("/")]
    return {
        **root,
        "disk": tree(booted.disk.folder),
        "formatted": booted.disk.formatted,
        "steps": list(json.loads(record)),
        "units": booted.shell.enabled,
        "started": booted.shell.started,
        "sysctls": booted.shell.sysctls,
        "volume": [each["State"] for each in world.volumes(node)],
        "success": [each for each in booted.web.signals if each["Status"] == "SUCCESS"][:1],
    }


def fresh(world: World, node: str, generation: int) -> Booted:
    """A blank machine with a blank disk, in the place of the one before."""
    world.blank(node)
    world.cluster.delete(node)
    return world.machine(node, generation=generation)


def undisturbed(world: World, node: str) -> tuple[dict[str, Any], list[str]]:
    booted, watch = world.machine(node), Interruption(None)
    run(watch.around(booted.machine), BOOT)
    return state(world, node, booted), watch.effects


def disk_full() -> Exception:
    return OSError(errno.ENOSPC, "No space left on device")


def check_every_ending(world: World, node: str, ending: Ending) -> int:
    """Cut the boot off after each effect in turn; how many there are."""
    expected, effects = undisturbed(world, node)
    for at in range(1, len(effects) + 1):
        booted = fresh(world, node, at + 1)
        with pytest.raises((Killed, OSError)):
            run(Interruption(at, ending).around(booted.machine), BOOT)

        run(booted.machine, BOOT)

        found = state(world, node, booted)
        different = {key: found[key] for key in found if found[key] != expected[key]}
        assert not different, f"cut off after effect {at}: {effects[at - 1]}"
    return len(effects)


@pytest.mark.parametrize("ending", [Killed, disk_full])
def test_a_server_cut_off_after_any_effect_ends_like_one_that_was_not(
    world: World, ending: Ending
) -> None:
    assert check_every_ending(world, "server-1", ending) > 50


def test_an_agent_cut_off_after_any_effect_ends_like_one_that_was_not(world: World) -> None:
    assert check_every_ending(world, "agent-1", Killed) > 40


def test_a_restore_cut_off_after_any_effect_ends_like_one_that_was_not(world: World) -> None:
    world.aws.client("s3").put_object(
        Bucket=world.bucket, Key="etcd/etcd-snapshot-server-1-1000", Body=b"snapshot"
    )
    assert check_every_ending(world, "server-1", Killed) > 50
