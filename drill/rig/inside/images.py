"""Container images of a machine: imported from archives, as k3s does with its own folder."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from drill.rig.inside.k3s_parts import CONTAINERD_SOCKET


def import_images(archives: Iterable[Path], noted: Path) -> None:
    """Import each archive once; `noted` remembers what this machine's containerd holds."""
    known = set(noted.read_text(encoding="utf-8").split("\n")) if noted.exists() else set()
    for archive in archives:
        stat = archive.stat()
        label = f"{archive} {stat.st_size} {stat.st_mtime_ns}"
        if label in known:
            continue
        _ctr("images", "import", "--no-unpack=false", str(archive))
        with noted.open("a", encoding="utf-8") as file:
            file.write(label + "\n")


def _ctr(*arguments: str) -> None:
    command = ["ctr", f"--address={CONTAINERD_SOCKET}", "--namespace=k8s.io", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.strip()[-500:]}")
