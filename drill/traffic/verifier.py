"""Compares what was promised with what is there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from drill.traffic.acknowledgements import Acknowledged, Acknowledgements
from drill.traffic.ledger import Row, checksum

Found = tuple[int, str, str]
"""Number, payload and checksum of a row in the database."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Lost = acknowledged and absent; phantom = present and never sent, or not as it was sent."""

    acknowledged: int
    lost: tuple[Acknowledged, ...]
    phantom: tuple[int, ...]

    def rpo_seconds(self, cut_at: float) -> float:
        """How much time of acknowledged writes is gone, seen from the cut (Unix time).

        A site takes a moment to die: what it acknowledges after the cut counts to the end.
        """
        moments = [row.at for row in self.lost]
        return max(cut_at, *moments) - min(moments) if moments else 0.0


def compare(
    run: str, sent: int, acknowledged: Iterable[Acknowledged], found: Iterable[Found]
) -> Comparison:
    """Compare the notes of a run with the rows that a database has of it."""
    present, phantom = set(), []
    for number, payload, stored in found:
        row = Row(run=run, number=number)
        as_sent = payload == row.payload and stored == checksum(payload)
        if 1 <= number <= sent and as_sent:
            present.add(number)
        else:
            phantom.append(number)
    promised = tuple(acknowledged)
    return Comparison(
        acknowledged=len(promised),
        lost=tuple(row for row in promised if row.number not in present),
        phantom=tuple(phantom),
    )


def verify(run: str, notes: Acknowledgements, look: Callable[[], Iterable[Found]]) -> Comparison:
    """Compare the notes with what a look at a database finds, while the writer may still write.

    What counts as promised is read before the look, and what counts as sent after it: a commit in
    between is then neither lost nor a phantom.
    """
    promised = notes.rows
    found = list(look())
    return compare(run, notes.sent, promised, found)
