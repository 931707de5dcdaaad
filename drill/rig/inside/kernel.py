"""The system calls that Python 3.11 does not offer: namespaces and mounts."""

import ctypes
import os
import platform

NEWNS, NEWCGROUP, NEWUTS = 0x00020000, 0x02000000, 0x04000000
NEWIPC, NEWPID, NEWNET = 0x08000000, 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC = 1, 2, 4, 8
BIND, REC, PRIVATE, SHARED = 0x1000, 0x4000, 1 << 18, 1 << 20
_DETACH = 2
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Leave the namespaces that `flags` names for new ones."""
    _check(_libc.unshare(flags), "unshare")


def enter_network(namespace: str) -> None:
    """Move the calling thread, and what it starts later, into a named network namespace."""
    descriptor = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        _check(_libc.setns(descriptor, NEWNET), f"setns {namespace}")
    finally:
        os.close(descriptor)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    arguments = [each.encode() or None for each in (source, target, kind)]
    result = _libc.mount(*arguments, ctypes.c_ulong(flags), options.encode() or None)
    _check(result, f"mount {source} on {target}")


def detach(target: str) -> None:
    """Unmount a tree of mounts now; the kernel finishes when nothing uses it."""
    _check(_libc.umount2(target.encode(), _DETACH), f"unmount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root; the root until now is at `old`."""
    number = _PIVOT_ROOT[platform.machine()]
    _check(_libc.syscall(number, new.encode(), old.encode()), f"pivot_root {new}")


def set_hostname(name: str) -> None:
    """The host name in this UTS namespace."""
    _check(_libc.sethostname(name.encode(), len(name)), f"sethostname {name}")


def die_with_parent(signal: int) -> None:
    """Let the kernel send the calling process a signal when its parent ends."""
    _check(_libc.prctl(_PDEATHSIG, signal), "prctl")


def _check(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
