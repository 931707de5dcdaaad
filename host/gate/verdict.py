"""Whether clients may reach this machine: pure, from what was read of the record.

What always holds:

* Nothing but a record opens the gate, and only one that names this site. A copy that was there when
  the machine started is believed where both regions answered: a failover writes the survivor's copy
  alone when the lost region does not answer, so a lost region that returns still finds its own copy
  naming itself.
* A copy of this region that rose while the machine ran is believed alone. It was written a moment
  ago, by a plan that had demoted or fenced the other site first: this is how the survivor's clients
  get in while the other region is dead.
* A copy that names the other site closes the gate, wherever it was read, unless a newer one is
  known. A copy older than one that this machine has seen never counts.
* What is not known changes nothing, and a copy that cannot be read is not known. A site that serves
  goes on while a region's SSM is away; a machine that has just started stays closed, and the load
  balancer leads to the others.
* Where both regions say that there is no record, nothing was ever promoted: there is no former
  writer to keep out.
"""

from dataclasses import dataclass, replace
from typing import Literal

from host.writer.record import Record

Verdict = Literal["open", "close", "keep"]


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What one region said about the record."""

    answered: bool
    """Whether it said anything; without an answer nothing is known, not even that there is none."""
    record: Record | None = None


UNREAD = Sighting(answered=False)


@dataclass(frozen=True, kw_only=True)
class Sightings:
    """All that is known at one moment."""

    own: Sighting = UNREAD
    peer: Sighting = UNREAD
    remembered: Record | None = None
    """The newest copy that this machine has seen before, also before its last start."""
    epoch_at_start: int | None = None
    """The epoch of this region's copy, 0 without one, at its first answer since the machine
    started; None where this is that answer, or there was none."""

    @property
    def newest(self) -> Record | None:
        """The copy that counts; contested where another of the same epoch names another writer."""
        known = [each for each in (self.own.record, self.peer.record, self.remembered) if each]
        if not known:
            return None
        epoch = max(each.epoch for each in known)
        newest = [each for each in known if each.epoch == epoch]
        return replace(newest[0], contested=len({each.writer for each in newest}) > 1)

    @property
    def complete(self) -> bool:
        """Whether both regions answered."""
        return self.own.answered and self.peer.answered

    @property
    def handed_over(self) -> bool:
        """Whether this region's copy rose while the machine ran."""
        own = self.own.record
        return (
            own is not None and self.epoch_at_start is not None and own.epoch > self.epoch_at_start
        )


def judge(sightings: Sightings, *, site: str, vouched: bool = False) -> Verdict:
    """What is to be done with the gate of a machine of `site`.

    `vouched` stands for the answer of a region that does not answer: a person knows that the other
    site does not write. It never outweighs a copy that names the other site.
    """
    record = sightings.newest
    if record is not None and record.contested:
        return "keep"
    if record is not None and record.writer != site:
        return "close"
    return "open" if sightings.complete or sightings.handed_over or vouched else "keep"


def writes_by_the_peer(sightings: Sightings, site: str) -> bool:
    """Whether a Cluster of `site` that says writer is one, where this region's copy is unread.

    A failover writes the survivor's copy, so the peer's has to be there to be believed.
    """
    if sightings.own.answered or not sightings.peer.answered:
        return False
    record = sightings.newest
    return record is None or (record.writer == site and not record.contested)
