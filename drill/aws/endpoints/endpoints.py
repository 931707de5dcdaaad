"""Every service of every region at an address of its own, under AWS' own names.

A client that is started with `program` resolves those names from a table, which stands for DNS, and
meets sockets and TLS as it would meet AWS'. Nothing else of the client is changed.
"""

import json
import os
import ssl
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from drill.authority import Authority
from drill.aws.endpoints.door import Door
from drill.aws.endpoints.names import Place, places
from drill.failure_modes import LATE_SECONDS, WELL, FailureMode

_LAUNCHER = Path(__file__).with_name("run_with_names.py")


class Upstream(Protocol):
    """What is behind the doors: the embedded AWS."""

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions of the sites."""
        ...

    def endpoint(self, region: str) -> str:
        """The URL of a region on loopback, us-east-1 for the worldwide services."""
        ...

    def environment(self, region: str) -> dict[str, str]:
        """The variables that lead an SDK there."""
        ...


class Endpoints:
    """Doors in front of an embedded AWS, until closed."""

    def __init__(self, aws: Upstream, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._aws = aws
        self._folder = folder
        self.table = folder / "names.json"
        self._modes: dict[str, FailureMode] = {}
        self._asked: Counter[Place] = Counter()
        self._lock = threading.Lock()
        trusted, untrusted = _contexts(folder, aws.regions)
        self._stack = ExitStack()
        self._doors = {
            place: Door(
                place,
                upstream=int(aws.endpoint(place.region).rpartition(":")[2]),
                trusted=trusted,
                untrusted=untrusted,
                asked=self._count,
            )
            for place in places(aws.regions)
        }
        for door in self._doors.values():
            self._stack.callback(door.close)
        self._publish()

    def __enter__(self) -> "Endpoints":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Answer nobody any more."""
        self._stack.close()

    def fail(self, region: str, mode: FailureMode) -> None:
        """All of a region's services that the mode names fail from now on."""
        with self._lock:
            self._modes[region] = mode
            for place, door in self._doors.items():
                if place.region == region:
                    door.fail(mode)
            self._publish()

    def heal(self) -> None:
        """Every region is well."""
        for region in {place.region for place in self._doors}:
            self.fail(region, WELL)

    def port(self, place: Place) -> int:
        """The port of a service's door."""
        return self._doors[place].port

    def asked(self) -> Counter[Place]:
        """How many requests reached each service so far."""
        with self._lock:
            return Counter(self._asked)

    def program(self, program: Sequence[str]) -> list[str]:
        """The Python program that runs another so that AWS' names lead here."""
        return [str(_LAUNCHER), str(self.table), *program]

    def environment(self, region: str) -> dict[str, str]:
        """The administrator's credentials, and who vouches for the doors."""
        variables = self._aws.environment(region)
        del variables["AWS_ENDPOINT_URL"]
        return {**variables, "AWS_CA_BUNDLE": str(self._folder / "ca.crt")}

    def busy(self) -> bool:
        """Whether a request is still on its way to a service, or will be."""
        return any(door.delivering for door in self._doors.values())

    def _count(self, place: Place) -> None:
        with self._lock:
            self._asked[place] += 1

    def _publish(self) -> None:
        """Write down what each name leads to, at once for every reader."""
        table = {}
        for place, door in self._doors.items():
            mode = self._modes.get(place.region, WELL)
            resolving = mode.resolving if mode.fails(place.service) else "at once"
            late = LATE_SECONDS if resolving == "late" else 0.0
            port = None if resolving == "never" else door.port
            table[place.name] = {"port": port, "after_seconds": late}
        partial = self.table.with_suffix(".partial")
        partial.write_text(json.dumps(table))
        os.replace(partial, self.table)


def _contexts(folder: Path, regions: tuple[str, ...]) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Servers' sides of TLS: one that clients trust, one that they do not."""
    hosts = ["localhost"]
    for place in places(regions):
        hosts += [place.name, f"*.{place.name}"]
    contexts = []
    for name, authority in (("door", "ca"), ("impostor", "impostor-ca")):
        Authority.make(folder, authority, subject=authority).server(name, hosts=hosts, addresses=[])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
        contexts.append(context)
    return contexts[0], contexts[1]
