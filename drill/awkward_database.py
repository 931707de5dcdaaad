"""One database of the corpus: an SQL file that begins with what has to come out of it.

`-- expect: equal`: every row was compared, and is the same in archive and dump. `-- expect: named:
KIND`, a line per kind: so is what was compared, and these kinds, no other, were named as not held
or not compared. A kind may be the beginning of a longer sentence.

`-- beside others`: it can be made in one transaction, in a schema of its own, with nothing that
only psql understands, by every version of PostgreSQL that may be configured. These share one
database on real Kubernetes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus" / "databases"
_EXPECT = "-- expect: "
_BESIDE_OTHERS = "-- beside others"
_SERVER_WIDE = (
    "other databases",
    "privileges on parameters",
    "roles",
    "roles, passwords and memberships",
)
"""Kinds that every database of a server has; none of them is the database's own."""


@dataclass(frozen=True, kw_only=True)
class AwkwardDatabase:
    """A file of the folder."""

    name: str
    sql: str
    outcome: str
    """`equal` or `named`."""
    named: tuple[str, ...]
    """The kinds, in order."""
    lives_beside_others: bool = False

    @classmethod
    def read(cls, path: Path) -> "AwkwardDatabase":
        """From its file."""
        sql = path.read_text(encoding="utf-8")
        lines = sql.splitlines()
        expected = [line.removeprefix(_EXPECT) for line in lines if line.startswith(_EXPECT)]
        named = sorted(line.removeprefix("named: ") for line in expected if line != "equal")
        outcome = "named" if named else "equal"
        return cls(
            name=path.stem,
            sql=sql,
            outcome=outcome,
            named=tuple(named),
            lives_beside_others=_BESIDE_OTHERS in lines,
        )


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came out."""

    name: str
    outcome: str
    """`equal`, `named`, or why it is neither."""
    named: list[str]

    @classmethod
    def of(cls, name: str, kinds: Sequence[str]) -> "Outcome":
        """Where everything that was compared is the same."""
        own = sorted(set(kinds) - set(_SERVER_WIDE))
        return cls(name=name, outcome="named" if own else "equal", named=own)

    def is_right(self, wanted: AwkwardDatabase) -> bool:
        """Whether that is what the file says."""
        return (
            self.outcome == wanted.outcome
            and len(self.named) == len(wanted.named)
            and all(map(str.startswith, self.named, wanted.named))
        )


def awkward_databases(names: Sequence[str] = (), folder: Path = FOLDER) -> list[AwkwardDatabase]:
    """All of a folder, or those of these names."""
    paths = [path for path in sorted(folder.glob("*.sql")) if not names or path.stem in names]
    return [AwkwardDatabase.read(path) for path in paths]
