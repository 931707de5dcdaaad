"""systemctl and journalctl of one machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from drill.sites.disks import Disks
from drill.sites.k3s_service import K3sService
from drill.sites.program_result import Program, ProgramResult

_UNITS = "etc/systemd/system"
_K3S = {"k3s.service": "server", "k3s-agent.service": "agent"}


class Systemd:
    """Knows mount units and k3s; other units are only noted as enabled or started."""

    def __init__(self, *, root: Path, disks: Disks, k3s: K3sService) -> None:
        self._root = root
        self._disks = disks
        self._k3s = k3s
        self.enabled: set[str] = set()
        self.started: set[str] = set()

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
                    self._k3s.stop()
                return ProgramResult()
            case ["is-active", unit]:
                return ProgramResult(exit_code=0 if unit in self.started else 3)
        return ProgramResult(exit_code=1, stderr=f"not emulated: systemctl {arguments}\n")

    def _start(self, unit: str) -> ProgramResult:
        found = self._found(unit)
        if found.exit_code:
            return found
        self.started.add(unit)
        if unit.endswith(".mount"):
            return self._disks.mount_unit(self._file(unit).read_text(encoding="utf-8"))
        if unit in _K3S:
            self._k3s.start(_K3S[unit])
        return ProgramResult()

    def _found(self, unit: str) -> ProgramResult:
        # Of Ubuntu itself; it has no file among ours.
        if self._file(unit).exists() or unit == "systemd-logind.service":
            return ProgramResult()
        return ProgramResult(exit_code=5, stderr=f"Unit {unit} could not be found.\n")

    def _journalctl(self, _: Sequence[str]) -> ProgramResult:
        return ProgramResult(stdout="\n".join(self._k3s.log[-5:]) + "\n")

    def _file(self, unit: str) -> Path:
        return self._root / _UNITS / unit
