"""`programs.py NAME ARGUMENTS`: the programs of Ubuntu that a machine of the rig has stand-ins for.

Started by name from /usr/local/sbin; the standard library alone, because they start often.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from drill.rig.inside import data_disk

_LOGIND_DROP_INS = Path("/etc/systemd/logind.conf.d")
_TAIL_LINES = "5"


def _systemctl(arguments: list[str]) -> tuple[int, str]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect("/run/systemctl.sock")
        with connection.makefile("rw", encoding="utf-8") as stream:
            stream.write(json.dumps(arguments) + "\n")
            stream.flush()
            answer = json.loads(stream.readline())
    return int(answer["exit_code"]), str(answer["stderr"])


def _journalctl(arguments: list[str]) -> tuple[int, str]:
    unit = arguments[arguments.index("--unit") + 1] if "--unit" in arguments else ""
    count = arguments[arguments.index("--lines") + 1] if "--lines" in arguments else _TAIL_LINES
    log = f"/var/log/units/{unit}.log"
    if os.path.exists(log):
        subprocess.run(["tail", "-n", count, log], check=False)
    return 0, ""


def _busctl(arguments: list[str]) -> tuple[int, str]:
    """What logind would answer after reading its drop-ins: InhibitDelayMaxUSec."""
    for file in sorted(_LOGIND_DROP_INS.glob("*.conf"), reverse=True):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("InhibitDelayMaxSec="):
                return 0, f"t {int(line.partition('=')[2]) * 1_000_000}\n"
    return 0, "t 5000000\n"


PROGRAMS: dict[str, Callable[[list[str]], tuple[int, str]]] = {
    "systemctl": _systemctl,
    "journalctl": _journalctl,
    "busctl": _busctl,
    "blkid": data_disk.blkid,
    "mkfs.xfs": data_disk.mkfs,
    "xfs_growfs": lambda _: (0, ""),
    "udevadm": lambda _: (0, ""),
    "apt-get": lambda _: (0, ""),
}
"""Each gives its exit code and its text, which goes to stderr where the code is not 0."""


def main(name: str, arguments: list[str]) -> int:
    """Run one."""
    code, text = PROGRAMS[name](arguments)
    (sys.stderr if code else sys.stdout).write(text)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
