"""The root disk of a machine before its first start: what the image and cloud-init put there."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from drill.rig.inside import programs

_REPOSITORY = Path(__file__).parents[2]
_LOCAL = "usr/local/sbin"


def prepare(
    disk: Path, *, hostname: str, user_data: bytes, resolver: str, hosts: Mapping[str, str]
) -> None:
    """Write the files; `hosts` are addresses by name, which a private zone answers in AWS."""
    upper = disk / "upper"
    files: dict[str, tuple[bytes, int]] = {
        "etc/hostname": (f"{hostname}\n".encode(), 0o644),
        "etc/hosts": (_hosts(hosts).encode(), 0o644),
        # It knows the repositories of the charts; every other name does not exist.
        "etc/resolv.conf": (f"nameserver {resolver}\n".encode(), 0o644),
        "var/lib/cloud/user-data": (user_data, 0o600),
        # With boto3, as Ubuntu has it once user-data has installed the package.
        "usr/bin/python3": (_script(sys.executable).encode(), 0o755),
    }
    for name in programs.PROGRAMS:
        command = f"{sys.executable} -S -E {programs.__file__} {name}"
        files[f"{_LOCAL}/{name}"] = (_script(command).encode(), 0o755)
    for path, (content, mode) in files.items():
        target = upper / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(mode)


def wipe(disk: Path) -> None:
    """Leave nothing of it: the next machine of this name begins with a new one."""
    shutil.rmtree(disk, ignore_errors=True)


def name_hosts(disk: Path, hosts: Mapping[str, str]) -> None:
    """Write the names that a machine knows, also of one that runs: the file is the same one."""
    (disk / "upper/etc/hosts").write_bytes(_hosts(hosts).encode())


def k3s_program() -> bytes:
    """What the machines fetch and start as k3s; the same bytes on every machine of one checkout."""
    return _script(f"{sys.executable} -S -E {_REPOSITORY}/drill/rig/inside/k3s.py").encode()


def _script(command: str) -> str:
    return f'#!/bin/sh\nexec {command} "$@"\n'


def _hosts(names: Mapping[str, str]) -> str:
    return "".join(
        f"{address} {name}\n" for name, address in {"localhost": "127.0.0.1", **names}.items()
    )
