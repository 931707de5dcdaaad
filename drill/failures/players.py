"""The ground of the matrix: one embedded AWS, and systems in it that are played side by side."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from drill.aws.embedded_aws import EmbeddedAws
from drill.failures.player import PGTWIN, Player
from drill.operator.processes import Processes
from drill.starvation.meter import Meter
from topology.load import load
from topology.site import SITES


@contextmanager
def players(
    config: Path,
    count: int,
    *,
    log: Path,
    say: Callable[[str], None],
    program: Path = PGTWIN,
) -> Iterator[list[Player]]:
    """As many players; `program` is what they play."""
    regions = [load(config).site(site).region for site in SITES]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pgtwin-failures-")))
        say("the embedded AWS starts")
        aws = stack.enter_context(EmbeddedAws(regions, log=log))
        machine = stack.enter_context(Meter(folder))
        processes = stack.enter_context(Processes(folder / "processes"))
        made = []
        for number in range(count):
            say(f"system {number + 1} of {count} is deployed")
            player = Player(
                aws,
                machine,
                config=config,
                folder=folder / f"f{number}",
                start=processes.warm,
                program=program,
            )
            stack.callback(player.close)
            made.append(player)
        yield made
