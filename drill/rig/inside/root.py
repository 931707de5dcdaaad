"""The root of a machine: an overlay on this computer's, with kernel filesystems of its own.

Always true: what the machine writes goes to its root disk or its volumes, and everything mounted
here ends with the machine's mount namespace.
"""

import os
import shutil
from pathlib import Path

from drill.rig.inside import kernel
from drill.rig.inside.machine_spec import MachineSpec

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "kmsg", "fuse")
_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
_SYSTEM = frozenset(("bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc", "var"))
"""What a machine takes over of this computer; whatever else is there, it finds empty."""
_KERNEL = frozenset(("dev", "proc", "sys"))
_NOEXEC = kernel.NOSUID | kernel.NODEV | kernel.NOEXEC


def enter(spec: MachineSpec) -> None:
    """Mount everything and make it the root of the calling process; it is process 1."""
    kernel.unshare(kernel.NEWNS)
    kernel.mount("none", "/", flags=kernel.REC | kernel.PRIVATE)
    root = _overlay(spec.root_disk)
    for name in _folders_to_empty():
        _mount("tmpfs", f"{root}/{name}", "tmpfs", options="mode=1777")
    _mount("proc", f"{root}/proc", "proc", _NOEXEC)
    _mount("sysfs", f"{root}/sys", "sysfs", _NOEXEC)
    _cgroups(f"{root}/sys/fs/cgroup")
    _devices(f"{root}/dev")
    for shown in spec.shows:
        _bind(shown, f"{root}{shown}")
    for path, source in spec.disks.items():
        Path(source).mkdir(parents=True, exist_ok=True)
        _bind(source, f"{root}{path}")
    _kernel_settings(spec, root)
    _pivot(root)
    kernel.set_hostname(spec.hostname)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def _folders_to_empty() -> set[str]:
    here = {each.name for each in os.scandir("/") if each.is_dir(follow_symlinks=False)}
    return (here | {"mnt", "run", "tmp"}) - _SYSTEM - _KERNEL


def _overlay(disk: Path) -> str:
    for name in ("upper", "work", "merged"):
        (disk / name).mkdir(parents=True, exist_ok=True)
    options = f"lowerdir=/,upperdir={disk}/upper,workdir={disk}/work"
    kernel.mount("overlay", f"{disk}/merged", "overlay", options=options)
    return f"{disk}/merged"


def _cgroups(folder: str) -> None:
    """Every hierarchy that this computer has, each beginning at the machine's own group."""
    lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    if [controllers for _, controllers, _ in lines] == [""]:
        _mount("cgroup2", folder, "cgroup2", _NOEXEC)
        return
    _mount("tmpfs", folder, "tmpfs", _NOEXEC, "mode=755")
    for _, controllers, _ in lines:
        name = controllers.removeprefix("name=") or "unified"
        kind = "cgroup" if controllers else "cgroup2"
        options = f"none,{controllers}" if "=" in controllers else controllers
        _mount(kind, f"{folder}/{name}", kind, _NOEXEC, options)
        for alias in name.split(",") if "," in name else ():
            os.symlink(name, f"{folder}/{alias}")


def _devices(folder: str) -> None:
    _mount("tmpfs", folder, "tmpfs", kernel.NOSUID, "mode=755")
    for name in filter(lambda each: os.path.exists(f"/dev/{each}"), _DEVICES):
        Path(folder, name).touch()
        kernel.mount(f"/dev/{name}", f"{folder}/{name}", flags=kernel.BIND)
    _mount("devpts", f"{folder}/pts", "devpts", _NOEXEC, "newinstance,ptmxmode=0666,mode=620")
    _mount("tmpfs", f"{folder}/shm", "tmpfs", kernel.NOSUID | kernel.NODEV)
    _mount("mqueue", f"{folder}/mqueue", "mqueue", _NOEXEC)
    for name, target in {**_LINKS, "ptmx": "pts/ptmx"}.items():
        os.symlink(target, f"{folder}/{name}")


def _kernel_settings(spec: MachineSpec, root: str) -> None:
    for name in spec.kernel_settings:
        path = "/proc/sys/" + name.replace(".", "/")
        own = Path(spec.folder) / "kernel" / name
        if not own.exists():
            own.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, own)
        kernel.mount(str(own), f"{root}{path}", flags=kernel.BIND)


def _pivot(root: str) -> None:
    os.makedirs(f"{root}/mnt/old", exist_ok=True)
    os.chdir(root)
    kernel.pivot_root(".", "mnt/old")
    os.chdir("/")
    kernel.detach("/mnt/old")
    # The kubelet hands mounts on to containers and back.
    kernel.mount("none", "/", flags=kernel.REC | kernel.SHARED)


def _bind(source: str, target: str) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(target).touch()
    kernel.mount(source, target, flags=kernel.BIND | kernel.REC)


def _mount(source: str, target: str, kind: str, flags: int = 0, options: str = "") -> None:
    os.makedirs(target, exist_ok=True)
    kernel.mount(source, target, kind, flags, options)
