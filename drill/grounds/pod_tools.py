"""PostgreSQL's client tools as a person has them, run in a pod whose image has the fitting ones.

`install` makes a folder for PATH. Each tool in it is this file, which starts the tool in the pod
with libpq's variables of its own environment, and sends the local files that its arguments name
there first. So `pgtwin dump restore` is typed as where PostgreSQL 18 is, with TLS and zstd.
"""

import io
import json
import os
import shlex
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

_TOOLS = ("createdb", "pg_restore", "psql")
_SCRATCH = "/run"
"""A volume of the pod; its root file system is read-only."""
_WITH_FILES = """
set -e
folder=$(mktemp -d -p "$1")
trap 'rm -rf "$folder"' EXIT
cd "$folder"
tar -x
shift
"$@"
"""


def install(folder: Path, kubectl: Sequence[str], *, scratch: str = _SCRATCH) -> None:
    """Put the tools into `folder`; what follows `kubectl` is run in the pod, with its stdin."""
    for tool in _TOOLS:
        started = shlex.join([sys.executable, __file__, json.dumps([*kubectl]), scratch, tool])
        (folder / tool).write_text(f'#!/bin/sh\nexec {started} "$@"\n', encoding="utf-8")
        (folder / tool).chmod(0o755)


def main(kubectl: str, scratch: str, tool: str, *arguments: str) -> int:
    """Run one tool to its end; its exit code."""
    libpq = [f"{name}={value}" for name, value in os.environ.items() if name.startswith("PG")]
    command = ["env", "LC_ALL=C", *libpq, tool]
    there = [*json.loads(kubectl)]
    if tool != "pg_restore":
        return subprocess.run([*there, *command, *arguments], check=False).returncode
    files = [path for each in arguments if (path := _local(each))]
    named = [_sent(each) for each in arguments]
    shell = ["bash", "-c", _WITH_FILES, tool, scratch, *command, *named]
    return subprocess.run([*there, *shell], input=_packed(files), check=False).returncode


def _local(argument: str) -> Path | None:
    """The file or folder of this machine that an argument names."""
    path = Path(argument.rpartition("=")[2])
    return path if path.is_absolute() and path.exists() else None


def _sent(argument: str) -> str:
    """The argument as it names that below the folder in the pod."""
    path = _local(argument)
    return argument if path is None else argument.replace(str(path), str(path)[1:])


def _packed(files: Sequence[Path]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in files:
            archive.add(path)
    return packed.getvalue()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
