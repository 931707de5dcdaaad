"""Control groups: where a machine's processes are found, limited and ended.

Works with version 1 (a hierarchy per controller, also beside an empty version 2 tree) and with
version 2 (one tree). A process is found by its group, never by its name, so what a killed driver
left behind is ended as surely as what a living one started.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
END_SECONDS = 20.0
_POLL_SECONDS = 0.05


def is_unified(root: Path = ROOT) -> bool:
    """Whether this computer has version 2 alone."""
    return (root / "cgroup.controllers").exists()


def hierarchies(root: Path = ROOT) -> list[Path]:
    """The mounted trees: one for version 2, one per controller for version 1."""
    if is_unified(root):
        return [root]
    found = (each for each in sorted(root.iterdir()) if not each.is_symlink())
    return [each for each in found if (each / "cgroup.procs").exists()]


def make(group: str, root: Path = ROOT) -> None:
    """Make a group in each hierarchy."""
    for hierarchy in hierarchies(root):
        folder = hierarchy
        for name in group.split("/"):
            parent, folder = folder, folder / name
            folder.mkdir(exist_ok=True)
            _inherit(parent, folder)


def join(group: str, root: Path = ROOT) -> None:
    """Move the calling process into the group."""
    for hierarchy in hierarchies(root):
        (hierarchy / group / "cgroup.procs").write_text(str(os.getpid()))


def delegate(group: str) -> None:
    """Let the group of the calling process be divided further from inside.

    Version 2 hands controllers only to groups that hold no process themselves, so the process moves
    one level down.
    """
    if not is_unified(ROOT):
        return
    (ROOT / group / "init").mkdir(exist_ok=True)
    (ROOT / group / "init" / "cgroup.procs").write_text(str(os.getpid()))
    _hand_down(ROOT / group)


def processes(group: str, root: Path = ROOT) -> set[int]:
    """Every process in the group and below it."""
    found: set[int] = set()
    for hierarchy in hierarchies(root):
        for folder in [hierarchy / group, *_below(hierarchy / group)]:
            try:
                found |= {int(pid) for pid in (folder / "cgroup.procs").read_text().split()}
            except OSError:
                continue  # no such group, or it was just removed
    return found


def end(group: str, root: Path = ROOT) -> None:
    """Kill everything in the group, also what starts meanwhile.

    Raises:
        TimeoutError: when something is left, which only a process stuck in the kernel can be.
    """
    deadline = time.monotonic() + END_SECONDS
    while living := processes(group, root) - {0, os.getpid()}:
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {sorted(living)} of {group} do not end")
        for pid in living:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(_POLL_SECONDS)


def remove(group: str, root: Path = ROOT) -> None:
    """Remove the group and those below it; silent where there is none.

    Raises:
        TimeoutError: when the kernel keeps one busy.
    """
    deadline = time.monotonic() + END_SECONDS
    for hierarchy in hierarchies(root):
        for folder in [*_below(hierarchy / group), hierarchy / group]:
            _remove_one(folder, deadline, lambda: end(group, root))


def _below(folder: Path) -> list[Path]:
    """The groups below a folder, innermost first."""
    if not folder.is_dir():
        return []
    walked = os.walk(folder, topdown=False)
    return [Path(path) for path, _, _ in walked if Path(path) != folder]


def _remove_one(folder: Path, deadline: float, end_again: Callable[[], None]) -> None:
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError as busy:
            # The kernel lets go of a killed process a moment after its pid is gone.
            if time.monotonic() > deadline:
                raise TimeoutError(f"{folder} cannot be removed: {busy}") from busy
            # Or a process that was about to join has joined meanwhile.
            end_again()
            time.sleep(_POLL_SECONDS)


def _inherit(parent: Path, folder: Path) -> None:
    """A cpuset without processors takes no process; version 2 hands controllers down by name."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        if (folder / name).exists() and not (folder / name).read_text().strip():
            (folder / name).write_text((parent / name).read_text())
    if (folder / "cgroup.clone_children").exists() and (folder / "cpuset.cpus").exists():
        (folder / "cgroup.clone_children").write_text("1")
    if is_unified(parent):
        _hand_down(parent)


def _hand_down(folder: Path) -> None:
    for controller in (folder / "cgroup.controllers").read_text().split():
        try:
            (folder / "cgroup.subtree_control").write_text(f"+{controller}")
        except OSError:
            continue  # a controller that this kernel does not hand down
