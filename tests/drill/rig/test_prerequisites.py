"""What the rig asks of a computer before it makes anything."""

from dataclasses import dataclass

import pytest

from drill.rig import parts
from drill.rig.parts.part import program
from drill.rig.prerequisites import missing, too_full


@dataclass(frozen=True, kw_only=True)
class Disk:
    total: int
    free: int


def disk(*, total_gib: int, free_gib: int) -> Disk:
    return Disk(total=total_gib << 30, free=free_gib << 30)


@pytest.mark.parametrize(("total_gib", "free_gib"), [(100, 21), (252, 28), (1000, 66)])
def test_a_disk_with_room_for_the_machines_above_the_kubelets_threshold_is_taken(
    total_gib: int, free_gib: int
) -> None:
    assert not list(too_full(disk(total_gib=total_gib, free_gib=free_gib)))


@pytest.mark.parametrize(("total_gib", "free_gib"), [(100, 14), (252, 18), (1000, 64)])
def test_a_disk_on_which_the_kubelet_would_start_no_pods_is_refused(
    total_gib: int, free_gib: int
) -> None:
    (said,) = too_full(disk(total_gib=total_gib, free_gib=free_gib))

    assert f"has {free_gib} GiB free" in said
    assert "the kubelet starts no pods" in said


def test_what_the_parts_lack_is_said_together_with_what_the_rig_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(parts, "lacking", lambda: [program("debootstrap", package="debootstrap")])

    said = missing()

    assert "missing: debootstrap - run: apt-get install debootstrap" in said
    assert "the program nft is missing - run: apt-get install nftables" in said
