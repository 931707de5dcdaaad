"""The other edges of a machine in a test: time, metadata, the web, and AWS in this process."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3

from host.errors import Failed
from host.machine.machine import Identity


class ScriptedClock:
    """Time that passes only in `sleep`, which is also when the kernel gets to do something."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self.seconds = 0.0
        self._meanwhile = meanwhile

    def now(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self._meanwhile()


class ScriptedImds:
    """One machine's metadata."""

    def __init__(self, identity: Identity, tags: dict[str, str]) -> None:
        self._identity = identity
        self._tags = tags

    def identity(self) -> Identity:
        return self._identity

    def tag(self, name: str) -> str:
        return self._tags[name]


class ScriptedWeb:
    """Serves one download, keeps what was PUT, and knows who listens."""

    def __init__(self, path: Callable[[str], Path], content: bytes) -> None:
        self._path = path
        self.content = content
        self.downloads: list[str] = []
        self.signals: list[dict[str, str]] = []
        self.status = 200
        self.failures = 0
        self.listening: set[str] = set()

    def download(self, url: str, path: str) -> None:
        self.downloads.append(url)
        if self.failures:
            self.failures -= 1
            raise Failed(f"could not download {url}: connection reset")
        self._path(path).parent.mkdir(parents=True, exist_ok=True)
        self._path(path).write_bytes(self.content)

    def put(self, url: str, body: bytes) -> int:
        self.signals.append(json.loads(body))
        return self.status

    def listens(self, host: str, port: int) -> bool:
        return host in self.listening


class InProcessAws:
    """Clients of moto in this process, made once for all tests: making one is the slow part."""

    _clients: dict[tuple[str, str], Any] = {}  # noqa: RUF012

    def __init__(self, region: str) -> None:
        self._region = region

    def client(self, service: str, region: str | None = None, *, brief: bool = False) -> Any:
        key = (service, region or self._region)
        if key not in self._clients:
            self._clients[key] = boto3.client(service, region_name=key[1])
        return self._clients[key]

    def anybody(self, service: str) -> Any:
        return self.client(service)
