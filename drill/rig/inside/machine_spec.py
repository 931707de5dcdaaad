"""What a machine is made of, as the driver tells the launcher."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """How a machine is plugged into the router, and pulled out: lines for `ip -batch`."""

    router: str
    """The router's namespace."""
    plug: tuple[str, ...]
    """In the router, once the machine's namespace exists."""
    connect: tuple[str, ...]
    """In the machine's namespace, after that."""
    unplug: tuple[str, ...]
    """In the router: the cable goes first, so that nothing that dies can say goodbye."""


@dataclass(frozen=True, kw_only=True)
class MachineSpec:
    """Everything is named; nothing is looked up inside the machine."""

    instance: str
    """The id of the EC2 instance that it stands for."""
    hostname: str
    namespace: str
    """Its network namespace, made when it is switched on."""
    wiring: Wiring
    cgroup: str
    folder: str
    """The machine's own folder: its root disk, its log, its pid."""
    shows: tuple[str, ...]
    """Folders of this computer that the machine sees at the same path: Python, program, parts."""
    disks: Mapping[str, str]
    """Folders of this computer by the path at which the machine sees them."""
    kernel_settings: tuple[str, ...]
    """Settings that belong to the whole computer: the machine gets files in their place, which it
    may write and its kubelet reads."""
    program: tuple[str, ...]
    """Process 1."""
    environment: Mapping[str, str]

    @property
    def log(self) -> Path:
        """What process 1 prints."""
        return Path(self.folder) / "console.log"

    @property
    def pid_file(self) -> Path:
        """Process 1 as this computer sees it, and when it started."""
        return Path(self.folder) / "pid"

    @property
    def root_disk(self) -> Path:
        """What the machine wrote outside its data volume; it outlives the power."""
        return Path(self.folder) / "root"

    def to_json(self) -> str:
        """For the launcher's command line."""
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, text: str) -> "MachineSpec":
        """Read what `to_json` wrote."""
        fields: dict[str, Any] = json.loads(text)
        for name in ("shows", "kernel_settings", "program"):
            fields[name] = tuple(fields[name])
        wired = fields.pop("wiring")
        lines = {key: tuple(wired[key]) for key in ("plug", "connect", "unplug")}
        return cls(wiring=Wiring(router=wired["router"], **lines), **fields)
