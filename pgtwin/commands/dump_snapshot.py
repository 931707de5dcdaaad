"""What dump.sh wrote beside a dump. It comes from a bucket, so nothing of it is trusted."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROVIDERS = {"libc": None, "icu": "--icu-locale", "builtin": "--builtin-locale"}
"""With the option of `createdb` for its own name of the locale."""
_LONGEST = 10_000
_OF_OLDER_DUMPS = ("postgres",)
"""CloudNativePG's name for the first one, where a dump does not tell."""
_ENCODING = re.compile(r"[A-Z][A-Z0-9_]{0,30}")


@dataclass(frozen=True, kw_only=True)
class DumpLocale:
    """What text of the database sorts by, and what counts as a letter."""

    provider: str
    collate: str
    ctype: str
    locale: str | None
    rules: str | None

    @classmethod
    def read(cls, found: Any) -> "DumpLocale | None":
        """None where an older dump does not say it."""
        said = found if isinstance(found, dict) else {}
        provider, collate, ctype = (_text(said.get(k)) for k in ("provider", "collate", "ctype"))
        if provider not in _PROVIDERS or collate is None or ctype is None:
            return None
        locale, rules = _text(said.get("locale")), _text(said.get("rules"))
        return cls(provider=provider, collate=collate, ctype=ctype, locale=locale, rules=rules)

    @property
    def options(self) -> tuple[str, ...]:
        """For `createdb`."""
        own = _PROVIDERS[self.provider]
        return (
            f"--locale-provider={self.provider}",
            *(f"--lc-collate={self.collate}", f"--lc-ctype={self.ctype}"),
            *((f"{own}={self.locale}",) if own and self.locale else ()),
            *((f"--icu-rules={self.rules}",) if self.rules else ()),
        )

    def __str__(self) -> str:
        """Its name."""
        return f"{self.locale or self.collate} of {self.provider}"


@dataclass(frozen=True, kw_only=True)
class DumpSnapshot:
    """What a restore elsewhere needs to know."""

    roles: tuple[str, ...] | None
    """Those that the dump speaks of; None where an older dump does not name them."""
    superusers: tuple[str, ...]
    """Of these roles, and the first one of the server, which owns what `roles` need not name."""
    encoding: str | None
    """Of the database; None likewise."""
    locale: DumpLocale | None
    """Likewise."""
    not_held: dict[str, list[str]]
    """What the dump itself cannot hold, by kind."""


def read_snapshot(folder: Path) -> DumpSnapshot:
    """From the folder of a dump; what is not as dump.sh writes it counts as not there."""
    try:
        found = json.loads((folder / "SNAPSHOT").read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError, RecursionError):
        found = None
    document: dict[str, Any] = found if isinstance(found, dict) else {}
    roles, encoding, not_held = (document.get(key) for key in ("roles", "encoding", "not_held"))
    superusers = document.get("superusers")
    known = isinstance(encoding, str) and _ENCODING.fullmatch(encoding)
    return DumpSnapshot(
        roles=tuple(_texts(roles)) if isinstance(roles, list) else None,
        superusers=tuple(_texts(superusers)) if isinstance(superusers, list) else _OF_OLDER_DUMPS,
        encoding=encoding if known else None,
        locale=DumpLocale.read(document.get("locale")) if known else None,
        not_held={kind: _texts(names) for kind, names in not_held.items()}
        if isinstance(not_held, dict)
        else {},
    )


def _texts(values: Any) -> list[str]:
    found = values if isinstance(values, list) else []
    return [each for each in found if isinstance(each, str) and "\0" not in each]


def _text(value: Any) -> str | None:
    """A text that a program may be given; None for all else."""
    fits = isinstance(value, str) and "\0" not in value and len(value) <= _LONGEST
    return value if fits else None
