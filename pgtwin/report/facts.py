"""The lines of `pgtwin status` for one site; a line that is not known says why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pgtwin.commands.site_rows import ROWS, Row
from pgtwin.report.unknown import Unknown


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line."""

    label: str
    value: str | Unknown


def facts(site: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Every line, from a site's part of the document of `pgtwin status`; its region is a title."""
    lines = (row for row in ROWS if row.part != "region")
    return tuple(Fact(label=row.label, value=_value(site, row)) for row in lines)


def cells(lines: tuple[Fact, ...]) -> Iterator[tuple[Fact, int]]:
    """Each line and how many it stands for: a reason that lasts is given once, 0 for the rest."""
    for _, group in groupby(enumerate(lines), key=lambda each: _reason(*each)):
        first, *rest = (fact for _, fact in group)
        yield first, 1 + len(rest)
        yield from ((fact, 0) for fact in rest)


def table(site: Mapping[str, Any], part: str) -> tuple[dict[str, Any], ...] | Unknown:
    """A part of the document that is a list."""
    if site.get(part) is not None:
        return tuple(site[part])
    return _why_not(site, part) or _NOT_SAID


_NOT_SAID = Unknown(because="the site's answer does not have it")


def _value(site: Mapping[str, Any], row: Row) -> str | Unknown:
    value = row.read(site)
    if value is not None:
        return str(value)
    return _why_not(site, row.part) or row.none or _NOT_SAID


def _why_not(site: Mapping[str, Any], part: str) -> Unknown | None:
    """Why the document has not this part; None where nothing failed."""
    unknown, errors = site.get("unknown", {}), site.get("errors", {})
    if part in ("record", "alias"):
        reasons = [unknown.get(part)]
    else:
        late = unknown.get("status") if part not in site else None
        own = errors.get(part.replace("_", " "))
        reasons = [site.get("unreachable"), own, late, errors.get("cluster")]
    return next((Unknown.after(reason) for reason in reasons if reason), None)


def _reason(number: int, fact: Fact) -> object:
    """What neighbours have in common that are shown as one; a known line stands for itself."""
    return fact.value if isinstance(fact.value, Unknown) else number
