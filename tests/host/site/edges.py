"""The other edges of a server machine in these tests."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from host.machine.machine import Identity

ACCOUNT = "123456789012"


class FastClock:
    """Time that passes only in `sleep`, and so many times faster; others act meanwhile.

    It does not pass while the program waits for the processor, so that a deadline of the program
    says nothing about the machine. `at` does something when that much time has passed.
    """

    def __init__(self, factor: float = 50) -> None:
        self._factor = factor
        self._seconds = 0.0
        self._later: list[tuple[float, Callable[[], None]]] = []

    def at(self, seconds: float, do: Callable[[], None]) -> None:
        self._later.append((seconds, do))

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return self._seconds

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._factor)
        self._seconds += seconds
        due = [each for each in self._later if each[0] <= self._seconds]
        self._later = [each for each in self._later if each not in due]
        for _, do in due:
            do()


class SkippingClock:
    """Time that passes only in `sleep`, and costs nothing."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._later: list[tuple[float, Callable[[], None]]] = []

    def at(self, seconds: float, do: Callable[[], None]) -> None:
        self._later.append((seconds, do))

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        due = [each for each in self._later if each[0] <= self.seconds]
        self._later = [each for each in self._later if each not in due]
        for _, do in due:
            do()


class FixedImds:
    """The metadata of the first server of a site."""

    def __init__(self, *, region: str, tags: dict[str, str]) -> None:
        self._region = region
        self._tags = tags

    def identity(self) -> Identity:
        return Identity(
            account=ACCOUNT,
            region=self._region,
            zone=f"{self._region}a",
            instance_id="i-0123456789abcdef0",
            architecture="amd64",
            private_ip="10.0.0.10",
        )

    def tag(self, name: str) -> str:
        return self._tags[name]


class InProcessAws:
    """moto in this process."""

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
