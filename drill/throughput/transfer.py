"""An archive's own commands, timed: as many at once as the plugin would start."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from drill.operator.archive import Archive

_CHUNK_BYTES = 2**20


@dataclass(frozen=True, kw_only=True)
class Took:
    """How long something took, and the processor time of the processes that did it."""

    seconds: float
    cpu_seconds: float


class Transfer:
    """Moves WAL segments and base backups to and from one archive."""

    def __init__(self, archive: Archive, *, environment: Mapping[str, str], s3: Any) -> None:
        self._archive = archive
        self._environment = {**environment, **archive.environment}
        self._s3 = s3
        url = urlsplit(archive.destination)
        self._bucket = url.netloc
        self._prefix = f"{url.path.strip('/')}/{archive.server_name}"

    def archive_wal(self, segments: Sequence[Path], *, at_once: int) -> Took:
        """Archive every segment."""
        command = self._archive.archive_wal()
        return _timed(lambda: self._run([[*command, str(path)] for path in segments], at_once))

    def restore_wal(self, names: Sequence[str], into: Path, *, at_once: int) -> Took:
        """Fetch every segment back."""
        command = self._archive.restore_wal()
        into.mkdir(parents=True)
        commands = [[*command, name, str(into / name)] for name in names]
        return _timed(lambda: self._run(commands, at_once))

    def take_backup(self, name: str) -> Took:
        """Take a base backup of the server that the environment names."""
        return _timed(lambda: self._run([self._archive.take_backup(name)]))

    def restore_backup(self, into: Path) -> Took:
        """Unpack the only base backup."""
        (info,) = (key for key in self.objects("base/") if key.endswith("/backup.info"))
        command = self._archive.restore_backup(info.split("/")[-2], into)
        return _timed(lambda: self._run([command]))

    def download(self, below: str, *, at_once: int) -> Took:
        """Fetch the objects below a folder as they are: what no restore can beat."""
        keys = list(self.objects(below))
        with ThreadPoolExecutor(at_once) as pool:
            return _timed(lambda: list(pool.map(self._get, keys)))

    def objects(self, below: str) -> dict[str, int]:
        """The objects below a folder, with their sizes in bytes."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=f"{self._prefix}/{below}"
        )
        return {each["Key"]: each["Size"] for page in pages for each in page.get("Contents", [])}

    def _get(self, key: str) -> None:
        body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"]
        for _ in body.iter_chunks(_CHUNK_BYTES):
            pass

    def _run(self, commands: Sequence[Sequence[str]], at_once: int = 1) -> None:
        def run(command: Sequence[str]) -> None:
            subprocess.run(command, env=self._environment, check=True, capture_output=True)

        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(run, commands))


def _timed(act: Callable[[], object]) -> Took:
    began, before = time.perf_counter(), os.times()
    act()
    after = os.times()
    return Took(
        seconds=time.perf_counter() - began,
        cpu_seconds=after.children_user
        - before.children_user
        + after.children_system
        - before.children_system,
    )
