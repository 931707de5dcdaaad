"""What the accepted EC2 instance types offer.

Sizes and ratios from https://aws.amazon.com/ec2/instance-types/ (read 2026-11): m has 4 GiB per
vCPU, r has 8, c has 2; the burstable t types are listed one by one. A test holds them to what AWS
answered to `ec2 describe-instance-types`, as moto carries it.
"""

import re
from dataclasses import dataclass
from typing import Literal

Architecture = Literal["amd64", "arm64"]

FAMILIES: dict[str, Architecture] = {
    **dict.fromkeys(("m6i", "m6a", "m7i", "m7a", "c7i", "c7a", "r6i", "r7i", "r7a"), "amd64"),
    **dict.fromkeys(("m6g", "m7g", "m8g", "c7g", "c8g", "r6g", "r7g", "r8g"), "arm64"),
    **dict.fromkeys(("t3", "t3a"), "amd64"),
    "t4g": "arm64",
}
_GIB_PER_VCPU = {"m": 4, "r": 8, "c": 2}
_VCPUS = {
    "medium": 1,
    "large": 2,
    "xlarge": 4,
    "2xlarge": 8,
    "4xlarge": 16,
    "8xlarge": 32,
    "12xlarge": 48,
    "16xlarge": 64,
    "24xlarge": 96,
}
_BURSTABLE = {
    "small": (2, 2),
    "medium": (2, 4),
    "large": (2, 8),
    "xlarge": (4, 16),
    "2xlarge": (8, 32),
}
_WITHOUT_MEDIUM = ("m6i", "m6a", "m7i", "c7i", "r6i", "r7i")
"""A core of these is two vCPUs, so that they begin at `large`."""
_WITHOUT_24XLARGE = ("m6g", "m7g", "c7g", "r6g", "r7g")
_MISSING = {"medium": _WITHOUT_MEDIUM, "24xlarge": _WITHOUT_24XLARGE}


@dataclass(frozen=True, kw_only=True)
class InstanceType:
    """The architecture and size behind an instance type's name."""

    architecture: Architecture
    vcpus: int
    memory_gib: int

    @classmethod
    def named(cls, name: str) -> "InstanceType | None":
        """The type called `name`, or None where it is not one that pgtwin knows."""
        match = re.fullmatch(r"([a-z]+\d+[a-z]*)\.(\w+)", name, re.ASCII)
        if not match or match[1] not in FAMILIES:
            return None
        family, size = match.groups()
        if family.startswith("t"):
            vcpus, memory_gib = _BURSTABLE.get(size, (0, 0))
        else:
            vcpus = 0 if family in _MISSING.get(size, ()) else _VCPUS.get(size, 0)
            memory_gib = vcpus * _GIB_PER_VCPU[family[0]]
        if memory_gib < 2:  # noqa: PLR2004 (k3s' documented floor for a server is 2 GiB)
            return None
        return cls(architecture=FAMILIES[family], vcpus=vcpus, memory_gib=memory_gib)
