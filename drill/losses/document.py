"""What build/losses.json holds: every loss, and the distributions per mode of replication."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from drill.computer import computer
from drill.replication_mode import ALL, Mode
from drill.report import kept_run
from drill.report.distribution import Value
from drill.report.document import Outcome, Verdict, verdict_of
from drill.report.losses import LossResult, ModeResult

GROUND = (
    "The real pgtwin and host program, real PostgreSQL and barman-cloud; AWS, Kubernetes and the "
    "operator are emulated. One client writes 40 rows per second at most; the region is lost at a "
    "random moment, in each failure mode in turn, and its last acknowledgements count. The archive "
    "timeout is shortened to 5 s, except where it is as configured."
)


class Played(Value):
    """One loss, or why it could not be measured."""

    replication: str
    """The name of its mode of replication."""
    number: int
    outcome: Outcome
    loss: LossResult | None
    problem: str
    machine: str
    """How busy the machine was meanwhile, as a sentence."""

    @property
    def sentence(self) -> str:
        """For a person who watches."""
        what = f"{self.replication}, loss {self.number}: {self.outcome}"
        if self.loss is None:
            return f"{what}: {self.problem}"
        return (
            f"{what}, RPO {self.loss.rpo_seconds:.3f} s, {self.loss.lost} of "
            f"{self.loss.acknowledged} rows lost, RTO {self.loss.rto_seconds:.1f} s {self.problem}"
        ).rstrip()


class Losses:
    """All that were played, kept after each."""

    def __init__(self, *, path: Path, source: str, asked: int, resumes: bool) -> None:
        """`source` is the fingerprint of the code; losses of other code are not resumed.

        Nor are those of a starved machine, which are played again.
        """
        self._path = path
        self._source = source
        self._asked = asked
        kept = kept_run.parts(path, "losses", source=source) if resumes else []
        found = [Played.model_validate(each) for each in kept]
        self._played = [each for each in found if each.outcome != "starved"]

    def missing(self, mode: Mode) -> list[int]:
        """The numbers that were not played in a mode."""
        played = {each.number for each in self._played if each.replication == mode.name}
        return [number for number in range(1, self._asked + 1) if number not in played]

    def keep(self, played: Played) -> None:
        """Add one and write all."""
        self._played.append(played)
        kept_run.write(self.document(), self._path)

    @property
    def modes(self) -> Mapping[str, ModeResult]:
        """The distributions; a mode without a loss that was measured has none.

        What a starved machine gave is no figure.
        """
        by_mode = {mode: list(self._measured(mode)) for mode in ALL}
        return {mode.name: ModeResult.of(mode, found) for mode, found in by_mode.items() if found}

    @property
    def verdict(self) -> Verdict:
        """Over all of them."""
        return verdict_of(each.outcome for each in self._played)

    def document(self) -> dict[str, object]:
        """For the file."""
        return {
            "played_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "machine": computer(),
            "ground": GROUND,
            "source": self._source,
            "asked": self._asked,
            "verdict": self.verdict,
            "modes": {name: result.model_dump() for name, result in self.modes.items()},
            "losses": [each.model_dump() for each in self._played],
        }

    def _measured(self, mode: Mode) -> Iterable[LossResult]:
        for each in self._played:
            if each.replication == mode.name and each.loss and each.outcome != "starved":
                yield each.loss


def table(modes: Mapping[str, ModeResult]) -> str:
    """A line per mode."""
    lines = [f"{'mode':32}{'losses':>7}{'RPO p50':>9}{'p95':>8}{'max':>8}{'lost':>6}{'of rows':>9}"]
    for name, found in modes.items():
        rpo = found.rpo_seconds
        spread = "".join(f"{value or 0:7.2f}s" for value in (rpo.p50, rpo.p95, rpo.max))
        lines.append(f"{name:32}{found.losses:>7} {spread}{found.lost:>6}{found.acknowledged:>9}")
    return "\n".join([*lines, GROUND])
