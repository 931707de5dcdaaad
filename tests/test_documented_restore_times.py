"""The arithmetic of docs/restore.md, "A database of 1 TiB", from the program's own deadlines."""

import re

from drill.measured.archive import WAL
from drill.measured.document import HOME, Measured
from host.deadlines import COPY_SECONDS, VERIFY_SECONDS
from tests.golden import ROOT

PAGE = (ROOT / "docs/restore.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## A database of 1 TiB\n")[2].partition("\n## ")[0]
ROWS = {line.split(" | ")[0].strip("| "): line for line in SECTION.splitlines() if "| " in line}
MEASURED = Measured.read(ROOT / HOME)
(REPLAYED,) = (f"{WAL.name}-{row.name}-restored" for row in WAL.rows if row.chosen)
TIB, HOUR = 1024 * 1024, 3600
"""In MiB, in seconds."""


def numbers(row: str, what: str) -> list[float]:
    """Those before `what` in the row that begins so."""
    (line,) = (line for name, line in ROWS.items() if name.startswith(row))
    return [float(each) for each in re.findall(rf"([\d.]+) {what}\b", line)]


def test_what_a_volume_reads_at_its_limit_is_what_each_copy_takes_at_least() -> None:
    (limit,) = (float(each) for each in re.findall(r"gp3's (\d+) MiB/s", SECTION))
    copy = TIB / limit / HOUR

    assert numbers("base backup", "h") == [round(copy, 1)]
    assert numbers("restore", "h")[0] == round(copy, 1)
    assert abs(numbers("verification", "h")[0] - 5 * copy) < 0.1


def test_the_time_that_the_program_waits_is_that_of_its_deadlines() -> None:
    assert numbers("restore", "h")[1] == COPY_SECONDS / HOUR
    assert numbers("verification", "h")[1:] == [
        round(VERIFY_SECONDS / HOUR, 1),
        COPY_SECONDS / HOUR,
    ]


def test_a_copy_that_is_slower_than_said_does_not_end_in_its_time() -> None:
    replayed, slowest = numbers("restore", "MiB/s")

    assert replayed <= MEASURED.only(REPLAYED).value
    assert slowest == round(TIB / COPY_SECONDS)
    (minutes,), (gib,) = numbers("restore", "min"), numbers("restore", "GiB")
    assert minutes == round(gib * 1024 / replayed / 60)
