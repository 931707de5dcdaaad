"""The data volume of a machine: a device file whose first bytes are its signature, and a folder.

`blkid`, `mkfs.xfs` and `xfs_growfs` are stand-ins over these; `cmp` and `mountpoint` are real. What
is emulated: XFS itself, and the moment at which an attached device appears (it is always there).
"""

import json
import subprocess
import uuid
from pathlib import Path

from drill.rig.inside.unit import Unit

VOLUMES = Path("/volumes")
"""A folder per EBS volume, named by its id; it holds `device` and `content`."""
BY_ID = Path("/dev/disk/by-id")
BLANK_BYTES = 1024 * 1024
_NOTHING_FOUND = 2


def show_devices() -> None:
    """Make the device of each volume visible where the kernel would."""
    BY_ID.mkdir(parents=True, exist_ok=True)
    for volume in VOLUMES.iterdir():
        device = volume / "device"
        if not device.exists():
            with device.open("wb") as file:
                file.truncate(BLANK_BYTES)
        link = BY_ID / f"nvme-Amazon_Elastic_Block_Store_{volume.name.replace('-', '')}"
        link.symlink_to(device)


def signature(device: Path) -> dict[str, str]:
    """TYPE, LABEL and UUID; empty for a blank device."""
    with device.open("rb") as file:
        text = file.read(1024).rstrip(b"\0")
    found: dict[str, str] = json.loads(text) if text else {}
    return found


def blkid(arguments: list[str]) -> tuple[int, str]:
    """`blkid --probe --output export DEVICE`."""
    found = signature(Path(arguments[-1]))
    if not found:
        return _NOTHING_FOUND, ""
    return 0, "".join(f"{key}={value}\n" for key, value in found.items())


def mkfs(arguments: list[str]) -> tuple[int, str]:
    """`mkfs.xfs -L LABEL DEVICE`; refuses a device that holds something."""
    device = Path(arguments[-1])
    if signature(device):
        return 1, "mkfs.xfs: appears to contain an existing filesystem\n"
    label = arguments[arguments.index("-L") + 1]
    made = {"TYPE": "xfs", "LABEL": label, "UUID": str(uuid.uuid4())}
    (device.resolve().parent / "content").mkdir(exist_ok=True)
    with device.open("r+b") as file:
        file.write(json.dumps(made).encode())
    return 0, ""


def mount_volume(unit: Unit) -> tuple[int, str]:
    """Start a mount unit; does nothing where it is mounted already."""
    where, wanted = unit.value("Where"), unit.value("What").rpartition("/")[2]
    if subprocess.run(["mountpoint", "--quiet", where], check=False).returncode == 0:
        return 0, ""
    for volume in VOLUMES.iterdir():
        if signature(volume / "device").get("UUID") == wanted:
            Path(where).mkdir(exist_ok=True)
            bind = ["mount", "--bind", str(volume / "content"), where]
            return subprocess.run([*bind, "--make-rshared"], check=False).returncode, ""
    return 1, f"no device {unit.value('What')}\n"
