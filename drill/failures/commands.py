"""The commands of the matrix as data: how they are called, from where, and whom they need."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from topology.site import SiteName

Where = Literal["primary", "dr", "us-east-1"]
REGIONS: tuple[Where, ...] = ("primary", "dr", "us-east-1")
Home = Literal["primary writes", "dr writes", "primary was lost"]
"""How the two sites stand before a command."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command line; `needs` are the regions without which it cannot be done."""

    name: str
    arguments: tuple[str, ...]
    home: Home = "primary writes"
    needs: frozenset[Where] = frozenset()
    looks_first_at: frozenset[Where] = frozenset()
    """Regions without whose answer it changes nothing."""
    looks_only: bool = False
    """Whether it tells what it found whatever fails; then it is done, or says what is missing."""
    takes_steps: bool = False
    """Whether it is a plan, whose steps `--dry-run` lists."""
    leaves_writing: SiteName | None = None
    """Which site writes once it is done, where it is about that."""
    configuration: str = ""
    """What stands before the shipped configuration."""
    bound_seconds: float = 30.0
    """From its start to its end, whatever fails."""


_BOTH: frozenset[Where] = frozenset(("primary", "dr"))
_ALL: frozenset[Where] = frozenset(REGIONS)
_PRIMARY: frozenset[Where] = frozenset(("primary",))
_DR: frozenset[Where] = frozenset(("dr",))

COMMANDS = (
    Command(name="status", arguments=("status",), bound_seconds=10.0),
    Command(
        name="report",
        arguments=("report", "--to", "build/failures-report.html"),
        bound_seconds=15.0,
    ),
    Command(name="doctor", arguments=("doctor",), needs=_BOTH, looks_only=True, bound_seconds=60.0),
    Command(name="connect", arguments=("connect", "--print"), bound_seconds=10.0),
    Command(name="backup list", arguments=("backup", "list"), bound_seconds=90.0),
    Command(name="dump list", arguments=("dump", "list"), bound_seconds=90.0),
    Command(
        name="backup now",
        arguments=("backup", "now", "--site", "primary"),
        needs=_PRIMARY,
        looks_first_at=_PRIMARY,
        takes_steps=True,
        bound_seconds=120.0,
    ),
    Command(
        name="dump now",
        arguments=("dump", "now", "--site", "primary"),
        needs=_PRIMARY,
        looks_first_at=_PRIMARY,
        takes_steps=True,
        bound_seconds=120.0,
    ),
    Command(
        name="restore",
        arguments=("restore", "--at", "2026-11-22T09:30:00Z", "--into", "before"),
        needs=_PRIMARY,
        looks_first_at=_PRIMARY,
        takes_steps=True,
        bound_seconds=120.0,
    ),
    Command(name="verify", arguments=("verify",), needs=_BOTH, bound_seconds=120.0),
    Command(
        name="failover",
        leaves_writing="dr",
        arguments=("failover", "--to", "dr", "--yes-lose-up-to", "10m"),
        needs=_DR,
        looks_first_at=_DR,
        takes_steps=True,
        bound_seconds=240.0,
    ),
    Command(
        name="switchover",
        leaves_writing="dr",
        arguments=("switchover", "--to", "dr"),
        needs=_ALL,
        looks_first_at=_ALL,
        takes_steps=True,
        bound_seconds=480.0,
    ),
    Command(
        name="switchover back",
        leaves_writing="primary",
        arguments=("switchover", "--to", "primary"),
        home="dr writes",
        needs=_ALL,
        looks_first_at=_ALL,
        takes_steps=True,
        bound_seconds=480.0,
    ),
    Command(
        name="failback",
        leaves_writing="dr",
        arguments=("failback", "--site", "primary", "--stay", "--yes-delete", "postgres-cluster"),
        home="primary was lost",
        needs=_ALL,
        looks_first_at=_BOTH,
        takes_steps=True,
        bound_seconds=720.0,
    ),
    Command(
        name="link",
        arguments=("link",),
        configuration="replication: streaming\n",
        needs=_ALL,
        bound_seconds=60.0,
    ),
    Command(
        name="replace",
        arguments=("replace", "--site", "primary", "--machine", "agent-1"),
        needs=_PRIMARY,
        looks_first_at=_PRIMARY,
        takes_steps=True,
        bound_seconds=120.0,
    ),
    Command(
        name="roll",
        arguments=("roll", "--site", "dr", "--image", "ami-0123456789abcdef0", "--deploy", "true"),
        needs=_DR,
        looks_first_at=_DR,
        takes_steps=True,
        bound_seconds=960.0,
    ),
    Command(
        name="rotate-certificates",
        arguments=("rotate-certificates",),
        needs=_DR,
        takes_steps=True,
        bound_seconds=180.0,
    ),
    Command(
        name="rotate-credentials",
        arguments=("rotate-credentials",),
        needs=_BOTH,
        takes_steps=True,
        bound_seconds=120.0,
    ),
    Command(
        name="upgrade",
        arguments=("upgrade",),
        needs=_BOTH,
        looks_first_at=_BOTH,
        takes_steps=True,
        bound_seconds=120.0,
    ),
)
NOT_PLAYED: Mapping[str, str] = {
    "cost": "asks nobody",
    "dump get": "its first calls are those of `dump list`; a download ends after four hours "
    "(pgtwin/deadlines.py)",
    "dump restore": "after a look at the caller's own server it does as `dump get` does",
    "pin-ami": "is for sites that are not deployed yet, and changes a file of the caller's alone",
    "prepare-destroy": "belongs to the deletion of the stacks, which needs their regions by itself",
    "protect": "belongs to a deployment, which needs both regions by itself",
    "record": "needs both regions, and begins with the looks of `switchover`; what it does when it "
    "is killed is in tests/pgtwin/test_settled_record.py",
}
"""Why a command is no row."""


def named(name: str) -> Command:
    """The command of that name in the matrix."""
    return next(command for command in COMMANDS if command.name == name)
