"""The stand-in for systemd: runs the project's own unit files, and user-data at the first start.

It knows services (oneshot, exec, notify; restarts, assertions, After=, Requires=), one mount unit
and timers. It is not systemd: no transactions, no cgroup per service, no journal but a file per
unit.
"""

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from drill.rig.inside import unit as units
from drill.rig.inside.calendar_time import next_elapse
from drill.rig.inside.data_disk import mount_volume, show_devices
from drill.rig.inside.service import Service
from drill.rig.inside.unit import Unit

UNITS = Path("/etc/systemd/system")
SOCKET = "/run/systemctl.sock"
LOGS = Path("/var/log/units")
_USER_DATA = Path("/var/lib/cloud/user-data")
_FIRST_START_DONE = Path("/var/lib/cloud/done")
_OF_THE_DISTRIBUTION = ("systemd-logind.service",)
_NOT_FOUND, _INACTIVE = 5, 3

Answer = tuple[int, str]
"""Exit code, and what goes to standard error."""


class Systemd:
    """Every unit of the machine by its name."""

    def __init__(self) -> None:
        self._services: dict[str, Service] = {}
        self._timers: dict[str, threading.Event] = {}
        self._lock = threading.RLock()

    def boot(self) -> None:
        """Start what is enabled, as multi-user.target does, then what cloud-init does."""
        for target in ("multi-user.target", "timers.target"):
            for link in sorted((UNITS / f"{target}.wants").glob("*")):
                self.start(link.name, wait=False)
        if _USER_DATA.exists() and not _FIRST_START_DONE.exists():
            self._run_user_data()

    def ctl(self, arguments: Sequence[str]) -> Answer:
        """`systemctl`, for the words that the project uses."""
        words = [each for each in arguments if not each.startswith("--")]
        if words == ["daemon-reload"]:
            return 0, ""
        verb, name = words if len(words) == 2 else ("", "")  # noqa: PLR2004 (verb and unit)
        if verb == "is-active":
            return (0 if self._is_active(name) else _INACTIVE), ""
        if verb == "try-restart":
            return self.ctl(["restart", name]) if self._is_kept(name) else (0, "")
        if verb in ("enable", "start", "stop", "restart"):
            return self._carry_out(verb, name, arguments)
        return 1, f"not known to the rig's systemctl: {' '.join(arguments)}\n"

    def _carry_out(self, verb: str, name: str, arguments: Sequence[str]) -> Answer:
        done: Answer = (0, "")
        if verb == "enable":
            done = self._enable(name)
        if verb in ("stop", "restart"):
            done = self.stop(name)
        if verb in ("start", "restart") or ("--now" in arguments and not done[0]):
            done = self.start(name, wait="--no-block" not in arguments)
        return done

    def start(self, name: str, *, wait: bool) -> Answer:
        """Start a unit."""
        if name in _OF_THE_DISTRIBUTION:
            return 0, ""
        file = UNITS / name
        if not file.exists():
            return _NOT_FOUND, f"Unit {name} not found.\n"
        unit = units.parse(name, file.read_text(encoding="utf-8"))
        if not units.is_wanted(unit, exists=os.path.exists):
            return 0, ""
        if unit.kind == "mount":
            return mount_volume(unit)
        if unit.kind == "timer":
            self._start_timer(unit)
            return 0, ""
        return self._start_service(unit, wait=wait)

    def stop(self, name: str) -> Answer:
        """Stop a unit; silent where it does not run."""
        timer = self._timers.pop(name, None)
        if timer:
            timer.set()
        service = self._services.get(name)
        if service:
            service.stop()
        return 0, ""

    def _start_service(self, unit: Unit, *, wait: bool) -> Answer:
        with self._lock:
            service = self._services.get(unit.name)
            if service is None or not (service.is_active or service.is_starting):
                if service:
                    service.stop()  # one that pauses would run again beside the new one
                service = Service(unit, LOGS / f"{unit.name}.log", failed_assertion)
                self._services[unit.name] = service
        for needed in unit.words("Requires"):
            code, text = self.start(needed, wait=True)
            if code:
                return code, text
        for before in unit.words("After"):
            earlier = self._services.get(before)
            if earlier and earlier.is_starting:
                earlier.wait()
        for path in unit.words("RequiresMountsFor"):
            self.start(path.strip("/").replace("/", "-") + ".mount", wait=True)
        service.start()
        code = service.wait() if wait else 0
        return code, f"Job for {unit.name} failed.\n" if code else ""

    def _start_timer(self, unit: Unit) -> None:
        with self._lock:
            if unit.name in self._timers:
                return
            stopped = self._timers[unit.name] = threading.Event()
        threading.Thread(target=self._elapse, args=(unit, stopped), daemon=True).start()

    def _elapse(self, unit: Unit, stopped: threading.Event) -> None:
        while True:
            now = datetime.now(UTC)
            due = next_elapse(unit.value("OnCalendar"), now)
            if stopped.wait((due - now).total_seconds()):
                return
            self.start(unit.triggered, wait=False)

    def _enable(self, name: str) -> Answer:
        file = UNITS / name
        if not file.exists():
            return (0, "") if name in _OF_THE_DISTRIBUTION else (_NOT_FOUND, f"no unit {name}\n")
        unit = units.parse(name, file.read_text(encoding="utf-8"))
        for target in unit.words("WantedBy"):
            link = UNITS / f"{target}.wants" / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(file)
        return 0, ""

    def _is_active(self, name: str) -> bool:
        service = self._services.get(name)
        return name in self._timers or (service is not None and service.is_active)

    def _is_kept(self, name: str) -> bool:
        service = self._services.get(name)
        return name in self._timers or (service is not None and service.is_kept)

    def _run_user_data(self) -> None:
        text = f"[Service]\nType=oneshot\nExecStart=/bin/bash {_USER_DATA}\n"
        service = Service(
            units.parse("user-data.service", text), LOGS / "user-data.log", lambda _: None
        )
        # cloud-init takes its semaphore before it runs a script, and does not run it again.
        _FIRST_START_DONE.touch()
        service.start()


def failed_assertion(unit: Unit) -> str | None:
    """The first assertion of a unit that does not hold on this machine."""
    return units.failed_assertion(unit, exists=os.path.exists, is_mount_point=os.path.ismount)


def serve(answer: Callable[[Sequence[str]], Answer]) -> None:
    """Answer systemctl's calls forever, each in a thread."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(SOCKET)
    listening.listen()

    def one(connection: socket.socket) -> None:
        with connection, connection.makefile("rw", encoding="utf-8") as stream:
            code, text = answer(json.loads(stream.readline()))
            stream.write(json.dumps({"exit_code": code, "stderr": text}) + "\n")

    while True:
        threading.Thread(target=one, args=(listening.accept()[0],), daemon=True).start()


def main() -> int:
    """Boot, and answer until the power is cut."""
    LOGS.mkdir(parents=True, exist_ok=True)
    show_devices()
    systemd = Systemd()
    threading.Thread(target=serve, args=(systemd.ctl,), daemon=True).start()
    while not os.path.exists(SOCKET):
        time.sleep(0.01)
    systemd.boot()
    threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
