"""Two copies of one moment, table by table: pure."""

from dataclasses import dataclass

from host.errors import Failed
from host.kubernetes.kubectl import Object
from host.postgres.contents import Content
from host.postgres.damage import Differs, Finding


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the restored archive holds against what the restored dump holds."""

    archive: dict[str, Content]
    dump: dict[str, Content]

    @property
    def differing(self) -> tuple[str, ...]:
        """The tables that were read in both, or are in one only, and are not the same."""
        return tuple(
            name
            for name in self._names
            if name not in self.unread and self.archive.get(name) != self.dump.get(name)
        )

    @property
    def missing(self) -> tuple[str, ...]:
        """The tables that one of the two does not have."""
        return tuple(sorted(self.archive.keys() ^ self.dump.keys()))

    @property
    def unread(self) -> dict[str, str]:
        """The tables that could not be read to their end, and why."""
        return {
            name: content.unread
            for copy in (self.dump, self.archive)
            for name, content in copy.items()
            if content.unread is not None
        }

    @property
    def damaged(self) -> tuple[str, ...]:
        """The tables that could not be read since PostgreSQL found them damaged."""
        return tuple(
            name
            for name in self._names
            if any(copy[name].damaged for copy in (self.archive, self.dump) if name in copy)
        )

    @property
    def equal(self) -> tuple[str, ...]:
        """The tables that are the same in both."""
        apart = {*self.differing, *self.unread}
        return tuple(name for name in self._names if name not in apart)

    @property
    def rows(self) -> int:
        """How many rows of the archive were found the same in the dump."""
        return sum(self.archive[name].rows for name in self.equal)

    @property
    def _names(self) -> list[str]:
        return sorted({*self.archive, *self.dump})

    def judged(self, *, still: bool) -> Finding:
        """What the two say about each other, where the dump's moment was `still` or not.

        Raises:
            Differs: where they are not the same, or one is damaged.
            Failed: where a table could not be read, or one of them does not have it and a commit
                of that moment may be why.
        """
        if self.damaged:
            name = self.damaged[0]
            raise Differs(f"damaged: {', '.join(self.damaged)}: {self.unread[name]}")
        if self.differing and still:
            names = ", ".join(self.missing or self.differing)
            raise Differs(f"archive and dump of the same moment differ in: {names}")
        if self.missing:
            raise Failed(
                "transactions were committing when the dump began, and one may just have made or "
                f"dropped what only the archive or only the dump has: {', '.join(self.missing)}; "
                "if it is the same with the next dump, it is lost - run: pgtwin dump now"
            )
        if self.unread:
            why = "; ".join(f"{name}: {reason}" for name, reason in sorted(self.unread.items()))
            raise Failed(f"could not be read: {why}")
        text = f"{self.rows} rows of {len(self.equal)} tables are equal"
        if not self.differing:
            return Finding(result=text)
        names = ", ".join(self.differing)
        return Finding(
            result=f"{text}; transactions were committing when the dump began, not judged: {names}",
            not_judged=True,
        )

    def tables(self) -> list[Object]:
        """Every table, for the evidence."""
        return [
            {
                "table": name,
                "archive": _content(self.archive, name),
                "dump": _content(self.dump, name),
            }
            for name in self._names
        ]


def _content(found: dict[str, Content], name: str) -> Object | None:
    content = found.get(name)
    if content is None:
        return None
    if content.unread is not None:
        return {"unread": content.unread}
    return {"rows": content.rows, "checksum": content.checksum}
