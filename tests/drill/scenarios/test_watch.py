"""What happens on one site is noticed while the other does not answer."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from drill.scenarios.stage import Stage
from drill.scenarios.watch import Watch
from drill.traffic.acknowledgements import Acknowledgements
from drill.traffic.writer import Writer
from drill.waiting import wait_for

SECONDS = 30.0


class LostPrimary:
    """Asks of the primary wait until `over`, as for a machine that swallows packets."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def ask(self, site: str, sql: str) -> Any:
        if site == "primary":
            self.over.wait(SECONDS)
            return None
        return False

    def newest(self, site: str, writer: object) -> int:
        return 1


def test_a_promotion_is_seen_while_the_lost_site_is_silent(tmp_path: Path) -> None:
    stage = LostPrimary()
    notes = Acknowledgements(tmp_path / "acknowledgements")
    notes.acknowledge(notes.next_number(), "primary")
    writer = SimpleNamespace(acknowledgements=notes)

    with Watch(cast(Stage, stage), cast(Writer, writer)) as watch:
        wait_for(lambda: watch.promoted_at is not None, SECONDS, "the promotion to be seen")
        wait_for(lambda: watch.replayed == 1, SECONDS, "a sample")
        assert not stage.over.is_set()
        stage.over.set()
