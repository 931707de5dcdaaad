"""What the regions say of the record, told apart: a copy, no copy, and no answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pgtwin.record import Record, are_rivals
from topology.site import SITES, SiteName


@dataclass(frozen=True, kw_only=True)
class RecordCopies:
    """The copies that were read. Unknown is not none."""

    read: Mapping[SiteName, Record | None]
    """By region; None where it holds no copy. A region that did not answer is not in here."""

    @classmethod
    def among(cls, answers: Mapping[SiteName, Record | Exception | None]) -> Self:
        """Those that answers hold."""
        return cls(
            read={name: each for name, each in answers.items() if not isinstance(each, Exception)}
        )

    @property
    def known(self) -> tuple[Record, ...]:
        """Those that exist."""
        return tuple(copy for copy in self.read.values() if copy is not None)

    @property
    def newest(self) -> Record | None:
        """The one that counts; None where nothing was ever promoted, or nobody answered."""
        return max(self.known, key=lambda copy: copy.epoch, default=None)

    @property
    def unread(self) -> frozenset[SiteName]:
        """The regions whose copy is not known."""
        return frozenset(SITES) - set(self.read)

    @property
    def are_rivals(self) -> bool:
        """Whether those of the newest epoch name different writers."""
        return are_rivals(self.known)

    @property
    def differ(self) -> bool:
        """Whether the regions that answer hold different ones: one without a copy differs too."""
        return len({copy and (copy.epoch, copy.writer) for copy in self.read.values()}) > 1
