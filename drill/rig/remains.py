"""Removing a rig: everything that carries its name, whoever made it and however that ended.

Order: the processes first (they hold mounts and namespaces), then groups, namespaces and folders.
Each step only looks at names, so an interrupted removal is repeated from the start.
"""

import contextlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from drill.rig import cgroups, network
from drill.rig.name import RigName


def remove(name: RigName, say: Callable[[str], None] = lambda _: None) -> None:
    """End and remove all of a rig; does nothing where there is none."""
    if processes := cgroups.processes(name.cgroup):
        say(f"ending {len(processes)} processes")
    cgroups.end(name.cgroup)
    cgroups.remove(name.cgroup)
    for namespace in network.namespaces(name):
        network.remove(namespace)
    if name.state.exists():
        say(f"removing the disks in {name.state}, which may take a minute or two")
        shutil.rmtree(name.state)
        with contextlib.suppress(OSError):  # another run is there
            name.state.parent.rmdir()


def find(name: RigName) -> Sequence[str]:
    """What there is of a rig, in words; empty after `remove`."""
    groups = [str(each / name.cgroup) for each in cgroups.hierarchies()]
    found = [f"cgroup {path}" for path in groups if Path(path).exists()]
    found += [f"process {pid}" for pid in sorted(cgroups.processes(name.cgroup))]
    found += [f"namespace {each}" for each in network.namespaces(name)]
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    found += [f"mount {line.split()[4]}" for line in mounts if f"{name.state}/" in line]
    return [*found, f"folder {name.state}"] if name.state.exists() else found
