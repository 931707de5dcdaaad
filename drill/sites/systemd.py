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
from drill.sites.program_result import Program, ProgramResult

_UNITS = "etc/systemd/system"
_GATE, _ADMIT = "pgtwin-gate.service", "pgtwin-admit.service"
_K3S = {"k3s.service": "server", "k3s-agent.service": "agent"}


class Systemd:
    """Knows mount units, k3s, the gate's unit and the one that watches the record.

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
        self._watching: subprocess.Popen[str] | None = None
        self.enabled: set[str] = set()
        self.started: set[str] = set()

    def power_on(self) -> None:
        """Start what is enabled and what others wait for: the gate, then the unit that moves it."""
        for unit in (_GATE, _ADMIT):
            if unit in self.enabled:
                self._start(unit)

    def power_off(self) -> None:
        """Everything ends at once; what the kernel held is forgotten."""
        self.started.clear()
        self._packet_filter.forget()
        shutil.rmtree(self._root / "run/pgtwin", ignore_errors=True)
        if self._watching is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._watching.pid, signal.SIGKILL)
            self._watching.wait()
            self._watching = None

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
            case ["stop", unit]:
                self.started.discard(unit)
                if unit in _K3S:
                    self.k3s.stop()
                return ProgramResult()
            case ["is-active", unit]:
                return ProgramResult(exit_code=0 if unit in self.started else 3)
        return ProgramResult(exit_code=1, stderr=f"not emulated: systemctl {arguments}\n")

    def _start(self, unit: str) -> ProgramResult:
        found = self._found(unit)
        if found.exit_code:
            return found
        if unit in self.started and unit in (_GATE, _ADMIT):
            return ProgramResult()
        self.started.add(unit)
        if unit == _GATE:
            return self._packet_filter.nft(self._command(unit)[1:])
        if unit == _ADMIT:
            self._watching = self._spawn(self._command(unit)[1:])
        if unit.endswith(".mount"):
            return self._disks.mount_unit(self._file(unit).read_text(encoding="utf-8"))
        if unit in _K3S:
            missing = self._failed_assertion(unit)
            if missing:
                self.k3s.log.append(f"Assertion failed for {unit}: {missing}")
            else:
                self.k3s.start(_K3S[unit])
        return ProgramResult()

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
