"""A systemd unit file, as far as the project's own units use the format: pure."""

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_SECONDS = {"s": 1, "min": 60, "h": 3600}


@dataclass(frozen=True, kw_only=True)
class Unit:
    """What the file says, by section and key; a key may be repeated."""

    name: str
    settings: tuple[tuple[str, str, str], ...]
    """Section, key, value."""

    @property
    def kind(self) -> str:
        """`service`, `mount` or `timer`."""
        return self.name.rpartition(".")[2]

    def values(self, key: str) -> Sequence[str]:
        """Every value of a key, in order."""
        return [value for _, name, value in self.settings if name == key]

    def value(self, key: str, default: str = "") -> str:
        """The last value of a key, which is the one that counts."""
        return next(iter(reversed(self.values(key))), default)

    def words(self, key: str) -> list[str]:
        """The values of a list such as After=."""
        return [word for value in self.values(key) for word in value.split()]

    def seconds(self, key: str, default: float) -> float:
        """A time span such as `60s` or `10min`."""
        value = self.value(key)
        if not value:
            return default
        found = re.fullmatch(r"(\d+)(s|min|h)?", value)
        if not found:
            raise ValueError(f"{self.name}: {key}={value} is no time span that is known here")
        return int(found[1]) * _SECONDS[found[2] or "s"]

    @property
    def command(self) -> list[str]:
        """ExecStart as an argument list."""
        return shlex.split(self.value("ExecStart"))

    @property
    def triggered(self) -> str:
        """The service that a timer starts."""
        return self.name.removesuffix(".timer") + ".service"


def parse(name: str, text: str) -> Unit:
    """Read a unit file.

    Raises:
        ValueError: for a line that is neither a section, a setting nor a comment.
    """
    section, settings = "", []
    for line in map(str.strip, text.splitlines()):
        if not line or line[0] in "#;":
            continue
        if line[0] == "[":
            section = line.strip("[]")
        elif "=" in line:
            key, _, value = line.partition("=")
            settings.append((section, key.strip(), value.strip()))
        else:
            raise ValueError(f"{name}: {line!r} is no setting")
    return Unit(name=name, settings=tuple(settings))


def is_wanted(unit: Unit, *, exists: Callable[[str], bool]) -> bool:
    """Whether its conditions hold; a unit with one that does not is silently left alone."""
    return all(_holds(path, exists) for path in unit.values("ConditionPathExists"))


def failed_assertion(
    unit: Unit, *, exists: Callable[[str], bool], is_mount_point: Callable[[str], bool]
) -> str | None:
    """The first assertion that does not hold, None where all do.

    Of those whose path begins with a bar one is enough, as systemd.unit(5) has it.
    """
    for path in unit.values("AssertPathIsMountPoint"):
        if not is_mount_point(path):
            return f"AssertPathIsMountPoint={path}"
    paths = unit.values("AssertPathExists")
    for path in paths:
        if not path.startswith("|") and not _holds(path, exists):
            return f"AssertPathExists={path}"
    either = [path.removeprefix("|") for path in paths if path.startswith("|")]
    if either and not any(_holds(path, exists) for path in either):
        return "AssertPathExists=" + " or ".join(either)
    return None


def _holds(path: str, exists: Callable[[str], bool]) -> bool:
    """With an exclamation mark the path must not be there."""
    return exists(path.removeprefix("!")) != path.startswith("!")
