from pathlib import Path

from drill.rig import cgroups


def _version_1(root: Path) -> Path:
    for controller in ("memory", "cpuset"):
        (root / controller).mkdir()
        (root / controller / "cgroup.procs").touch()
    (root / "cpuset/cpuset.cpus").write_text("0-1\n")
    return root


def test_a_group_is_made_in_every_hierarchy_of_version_1(tmp_path: Path) -> None:
    root = _version_1(tmp_path)

    cgroups.make("pgtwin-rig/run/machine", root)

    assert (root / "memory/pgtwin-rig/run/machine").is_dir()
    assert (root / "cpuset/pgtwin-rig/run/machine").is_dir()


def test_version_2_hands_its_controllers_down_to_each_level(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "pgtwin-rig"):
        folder.mkdir(exist_ok=True)
        (folder / "cgroup.controllers").write_text("memory\n")
        (folder / "cgroup.subtree_control").touch()

    cgroups.make("pgtwin-rig/run", tmp_path)

    assert cgroups.is_unified(tmp_path)
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory"
    assert (tmp_path / "pgtwin-rig/cgroup.subtree_control").read_text() == "+memory"


def test_processes_below_a_group_are_its_own(tmp_path: Path) -> None:
    root = _version_1(tmp_path)
    pod = root / "memory/pgtwin-rig/run/machine/kubepods/pod"
    pod.mkdir(parents=True)
    (pod / "cgroup.procs").write_text("41\n42\n")

    assert cgroups.processes("pgtwin-rig/run", root) == {41, 42}


def test_a_group_that_is_not_there_is_as_good_as_removed(tmp_path: Path) -> None:
    root = _version_1(tmp_path)

    cgroups.end("pgtwin-rig/none", root)
    cgroups.remove("pgtwin-rig/none", root)

    assert cgroups.processes("pgtwin-rig/none", root) == set()
