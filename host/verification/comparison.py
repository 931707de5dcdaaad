"""Two copies of one moment, table by table: pure."""

from dataclasses import dataclass

from host.kubernetes.kubectl import Object
from host.postgres.contents import Content


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the restored archive holds against what the restored dump holds."""

    archive: dict[str, Content]
    dump: dict[str, Content]

    @property
    def differing(self) -> tuple[str, ...]:
        """The tables that are not the same in both, or not in both."""
        names = sorted({*self.archive, *self.dump})
        return tuple(name for name in names if self.archive.get(name) != self.dump.get(name))

    @property
    def rows(self) -> int:
        """How many rows of the archive were found the same in the dump."""
        differing = set(self.differing)
        return sum(each.rows for name, each in self.archive.items() if name not in differing)

    def missing(self) -> tuple[str, ...]:
        """The tables that one of the two does not have."""
        return tuple(sorted(self.archive.keys() ^ self.dump.keys()))

    def tables(self) -> list[Object]:
        """Every table, for the evidence."""
        return [
            {
                "table": name,
                "archive": _content(self.archive, name),
                "dump": _content(self.dump, name),
            }
            for name in sorted({*self.archive, *self.dump})
        ]


def _content(found: dict[str, Content], name: str) -> Object | None:
    content = found.get(name)
    return None if content is None else {"rows": content.rows, "checksum": content.checksum}
