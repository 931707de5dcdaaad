"""The data volume: found by its tags, attached, formatted when blank, mounted by UUID.

Always true:
  * a volume that holds anything is never formatted: `blkid` must find no signature, the first MiB
    must be zero, and mkfs.xfs is never forced, so that it refuses by itself as well;
  * only a filesystem with our own label is mounted;
  * k3s starts only on a mounted volume (its units say so), and the mount is by UUID, so that a
    volume that changed its device name is found and another volume is not taken for it;
  * a volume that another machine holds is left there: detaching it would tear a running database
    off its disk.
"""

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from host.errors import Failed, Refused
from host.machine.command import command
from host.machine.machine import Machine
from host.machine.paths import DATA
from host.machine.waiting import wait_for

LABEL = "pgtwin-data"
_UNIT = "/etc/systemd/system/data.mount"
_DEVICE_NAME = "/dev/sdf"
"""What EC2 is told; the kernel names NVMe devices as it likes."""
_NOTHING_FOUND = 2
_BLANK_BYTES = 1024 * 1024
_log = logging.getLogger(__name__)


class DataVolume:
    """The one volume that carries this machine's tags."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._ec2 = machine.aws.client("ec2")

    def attach(self) -> None:
        """Attach the volume and wait for its device.

        Raises:
            Failed: when there is no such volume, or another machine holds it.
        """
        volume, instance = self._volume, self._machine.imds.identity().instance_id
        holder = _holder(volume)
        if holder not in (None, instance):
            raise Failed(
                f"the data volume {volume['VolumeId']} is attached to {holder} - stop or terminate "
                f"that instance if this one replaces it; this one tries again every minute"
            )
        if holder is None:
            self._ec2.attach_volume(
                VolumeId=volume["VolumeId"], InstanceId=instance, Device=_DEVICE_NAME
            )
        device = self._device()
        wait_for(
            self._machine.clock,
            f"the device {device}",
            lambda: self._machine.files.exists(device),
            deadline_seconds=120,
            every_seconds=1,
        )
        command(self._machine.shell, "udevadm", "settle")

    def format_when_blank(self) -> None:
        """Make the filesystem on a volume that holds nothing at all.

        Raises:
            Refused: when it holds anything but our own filesystem; nothing was written.
        """
        found = self._probe()
        if found.get("TYPE") == "xfs" and found.get("LABEL") == LABEL:
            return
        if found:
            held = ", ".join(f"{key}={value}" for key, value in sorted(found.items()))
            raise self._refusal(f"holds {held}")
        device = self._device()
        zero = self._machine.shell.run(
            ["cmp", "--silent", f"--bytes={_BLANK_BYTES}", device, "/dev/zero"]
        )
        if zero.exit_code != 0:
            raise self._refusal("has data in its first MiB, of a kind that blkid does not know")
        command(self._machine.shell, "mkfs.xfs", "-L", LABEL, device)
        _log.info("formatted the blank volume %s", device)

    def mount(self) -> None:
        """Mount it now and at every start, and let it fill a volume that was enlarged."""
        shell = self._machine.shell
        self._machine.files.write(_UNIT, mount_unit(self._probe()["UUID"]).encode())
        self._machine.files.folder(DATA)
        command(shell, "systemctl", "daemon-reload")
        command(shell, "systemctl", "enable", "data.mount")
        command(shell, "systemctl", "start", "data.mount")
        command(shell, "mountpoint", "--quiet", DATA)
        fill(self._machine)

    @cached_property
    def _volume(self) -> dict[str, Any]:
        return _tagged(self._ec2, {tag: self._machine.imds.tag(tag) for tag in _TAGS})

    def _device(self) -> str:
        volume_id = str(self._volume["VolumeId"]).replace("-", "")
        return f"/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_{volume_id}"

    def _probe(self) -> dict[str, str]:
        device = self._device()
        result = self._machine.shell.run(["blkid", "--probe", "--output", "export", device])
        if result.exit_code == _NOTHING_FOUND:
            return {}
        if result.exit_code != 0:
            raise self._refusal(f"cannot be understood by blkid: {result.stderr.strip()}")
        pairs = (line.partition("=") for line in result.stdout.splitlines() if line)
        return {key: value for key, _, value in pairs if key != "DEVNAME"}

    def _refusal(self, what: str) -> Refused:
        return Refused(
            f"the data volume {self._volume['VolumeId']} {what}. It was not touched - look at it "
            f"(blkid, lsblk -f), and give this machine the volume that it had, or a blank one"
        )


def fill(machine: Machine) -> None:
    """Let the mounted filesystem fill a volume that was enlarged; it may be in use."""
    command(machine.shell, "xfs_growfs", DATA)


_TAGS = ("pgtwin:system", "pgtwin:site", "pgtwin:node")


def holder(machine: Machine, *, system: str, site: str, node: str) -> str:
    """The id of the machine that is `node` now: while it is replaced, two have its tags.

    Raises:
        Failed: when no machine has its data volume.
    """
    tags = dict(zip(_TAGS, (system, site, node), strict=True))
    found = _holder(_tagged(machine.aws.client("ec2"), tags))
    if found is None:
        raise Failed(f"no machine has the data volume of {node}, so none is {node} - wait for it")
    return found


def _tagged(ec2: Any, tags: Mapping[str, str]) -> dict[str, Any]:
    wanted = [{"Name": f"tag:{tag}", "Values": [value]} for tag, value in tags.items()]
    found = ec2.describe_volumes(Filters=wanted)["Volumes"]
    if len(found) == 1:
        return dict(found[0])
    names = ", ".join(volume["VolumeId"] for volume in found) or "none"
    raise Failed(
        f"there must be one volume with the tags {dict(tags)}; found: {names} - "
        "deploy the site again, or restore the volume from its snapshot with these tags"
    )


def _holder(volume: dict[str, Any]) -> str | None:
    for attachment in volume.get("Attachments", []):
        if attachment.get("State") != "detached":
            return str(attachment["InstanceId"])
    return None


def mount_unit(uuid: str) -> str:
    """The systemd unit that mounts the filesystem `uuid` at /data."""
    return f"""\
[Unit]
Description=The data volume of pgtwin

[Mount]
What=/dev/disk/by-uuid/{uuid}
Where={DATA}
Type=xfs
Options=noatime,nofail

[Install]
WantedBy=multi-user.target
"""
