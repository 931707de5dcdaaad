"""Edges that count their effects and let the run end, or fail, at one of them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from host.machine.machine import Machine

Ending = Callable[[], BaseException]
_EFFECTS = {
    "files": {"write", "link", "folder", "rename", "remove", "permit"},
    "shell": {"run"},
    "web": {"download", "put"},
}


class Killed(BaseException):
    """Power off: nothing in the program may catch it."""


class Interruption:
    """Counts effects, and raises after effect number `at`, which has happened by then."""

    def __init__(self, at: int | None, ending: Ending = Killed) -> None:
        self._at = at
        self._ending = ending
        self.effects: list[str] = []

    def around(self, machine: Machine) -> Machine:
        """The same machine, watched."""
        edges = {
            name: _Watched(getattr(machine, name), names, self) for name, names in _EFFECTS.items()
        }
        return replace(machine, **edges, aws=_WatchedAws(machine.aws, self))

    def after(self, effect: str) -> None:
        """Count one effect."""
        self.effects.append(effect)
        if len(self.effects) == self._at:
            raise self._ending()


class _Watched:
    def __init__(self, edge: Any, effects: set[str] | None, interruption: Interruption) -> None:
        self._edge = edge
        self._effects = effects
        self._interruption = interruption

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._edge, name)
        if self._effects is not None and name not in self._effects:
            return found

        def watched(*arguments: Any, **named: Any) -> Any:
            result = found(*arguments, **named)
            self._interruption.after(f"{name} {' '.join(map(str, arguments))[:80]}")
            return result

        return watched


class _WatchedAws:
    def __init__(self, aws: Any, interruption: Interruption) -> None:
        self._aws = aws
        self._interruption = interruption

    def client(self, service: str, region: str | None = None, *, brief: bool = False) -> Any:
        return _Watched(self._aws.client(service, region), None, self._interruption)

    def anybody(self, service: str) -> Any:
        return _Watched(self._aws.anybody(service), None, self._interruption)
