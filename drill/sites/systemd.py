"""systemctl and journalctl of one machine, and what systemd does when it is switched on."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from drill.rig.inside.unit import failed_assertion, parse
from drill.sites.disks import Disks
from drill.sites.k3s_service import K3sService
from drill.sites.packet_filter import PacketFilter
from drill.sites.programs import Program, ProgramResult

_UNITS = "etc/systemd/system"
_GATE, _OURS = "pgtwin-gate.service", "pgtwin-"
_STAYS = "Type=exec"
"""What the units of the host program say that watch for as long as the machine runs."""
_K3S = {"k3s.service": "server", "k3s-agent.service": "agent"}


class Systemd:
    """Knows mount units, k3s, the gate's unit and those of the host program that stay and watch.

    Other units are only noted as enabled or started. `spawn` starts the host program with
    arguments, in a session of its own.
    """

    def __init__(
        self,
        *,
        root: Path,
        disks: Disks,
        k3s: K3sService,
        packet_filter: PacketFilter,
        spawn: Callable[[Sequence[str]], subprocess.Popen[str]],
    ) -> None:
        self._root = root
        self._disks = disks
        self.k3s = k3s
        self._packet_filter = packet_filter
        self._spawn = spawn
        self._watching: dict[str, subprocess.Popen[str]] = {}
        self.enabled: set[str] = set()
        self.started: set[str] = set()

    def power_on(self) -> None:
        """Start what is enabled and what others wait for: the gate, then the units that watch."""
        watching = sorted(unit for unit in self.enabled if self._stays(unit))
        for unit in (_GATE, *watching):
            if unit in self.enabled:
                self._start(unit)

    def power_off(self) -> None:
        """Everything ends at once; what the kernel held is forgotten."""
        self.started.clear()
        self._packet_filter.forget()
        shutil.rmtree(self._root / "run/pgtwin", ignore_errors=True)
        for unit in tuple(self._watching):
            self._end(unit)

    @property
    def programs(self) -> Mapping[str, Program]:
        """By name."""
        return {"systemctl": self._systemctl, "journalctl": self._journalctl}

    def _systemctl(self, arguments: Sequence[str]) -> ProgramResult:
        words = [each for each in arguments if not each.startswith("--")]
        match words:
            case ["daemon-reload"]:
                return ProgramResult()
            case ["enable", unit]:
                self.enabled.add(unit)
                return self._start(unit) if "--now" in arguments else self._found(unit)
            case ["start" | "restart", unit]:
                return self._start(unit)
            case ["stop" | "disable" as verb, unit]:
                if verb == "disable":
                    self.enabled.discard(unit)
                stops = verb == "stop" or "--now" in arguments
                return self._stop(unit) if stops else ProgramResult()
            case ["is-active", unit]:
                return ProgramResult(exit_code=0 if unit in self.started else 3)
        return ProgramResult(exit_code=1, stderr=f"not emulated: systemctl {arguments}\n")

    def _start(self, unit: str) -> ProgramResult:
        found = self._found(unit)
        if found.exit_code:
            return found
        stays = self._stays(unit)
        if unit in self.started and (stays or unit == _GATE):
            return ProgramResult()
        self.started.add(unit)
        if unit == _GATE:
            return self._packet_filter.nft(self._command(unit)[1:])
        if stays:
            self._watching[unit] = self._spawn(self._command(unit)[1:])
        if unit.endswith(".mount"):
            return self._disks.mount_unit(self._file(unit).read_text(encoding="utf-8"))
        if unit in _K3S:
            missing = self._failed_assertion(unit)
            if missing:
                self.k3s.log.append(f"Assertion failed for {unit}: {missing}")
            else:
                self.k3s.start(_K3S[unit])
        return ProgramResult()

    def _stop(self, unit: str) -> ProgramResult:
        self.started.discard(unit)
        self._end(unit)
        if unit in _K3S:
            self.k3s.stop()
        return ProgramResult()

    def _stays(self, unit: str) -> bool:
        """Whether it is of the host program, and runs for as long as the machine does."""
        file = self._file(unit)
        ours = unit.startswith(_OURS) and unit.endswith(".service") and file.exists()
        return ours and _STAYS in file.read_text(encoding="utf-8").splitlines()

    def _end(self, unit: str) -> None:
        watching = self._watching.pop(unit, None)
        if watching is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(watching.pid, signal.SIGKILL)
            watching.wait()

    def _failed_assertion(self, unit: str) -> str | None:
        return failed_assertion(
            parse(unit, self._file(unit).read_text(encoding="utf-8")),
            exists=lambda path: (self._root / path.lstrip("/")).exists(),
            is_mount_point=self._disks.is_mounted,
        )

    def _found(self, unit: str) -> ProgramResult:
        # Of Ubuntu itself; it has no file among ours.
        if self._file(unit).exists() or unit == "systemd-logind.service":
            return ProgramResult()
        return ProgramResult(exit_code=5, stderr=f"Unit {unit} could not be found.\n")

    def _journalctl(self, _: Sequence[str]) -> ProgramResult:
        return ProgramResult(stdout="\n".join(self.k3s.log[-5:]) + "\n")

    def _command(self, unit: str) -> list[str]:
        lines = self._file(unit).read_text(encoding="utf-8").splitlines()
        (line,) = [each for each in lines if each.startswith("ExecStart=")]
        return line.removeprefix("ExecStart=").split()

    def _file(self, unit: str) -> Path:
        return self._root / _UNITS / unit
