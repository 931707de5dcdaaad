"""The token that hands the writer over without a loss.

A demoted site writes down where it stopped: the shutdown checkpoint of its last timeline. The other
site may be promoted with that token only when it has replayed exactly up to that checkpoint, of the
same database system and on the same timeline. Fields and encoding are CloudNativePG's.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from topology.versions import OPERATOR_OF_CHART, Versions

OPERATOR_VERSION = OPERATOR_OF_CHART[Versions().chart_cloudnative_pg]
"""In every token; the webhook refuses one without."""
Verdict = Literal["valid", "not yet"]

_FIELDS = {
    "timeline": ("latestCheckpointTimelineID", "Latest checkpoint's TimeLineID"),
    "redo_wal_file": ("redoWalFile", "Latest checkpoint's REDO WAL file"),
    "system_identifier": ("databaseSystemIdentifier", "Database system identifier"),
    "redo_location": ("latestCheckpointREDOLocation", "Latest checkpoint's REDO location"),
    "checkpoint_time": ("timeOfLatestCheckpoint", "Time of latest checkpoint"),
}


class TokenRefused(Exception):  # noqa: N818 (a verdict)
    """The token can never become valid on this site."""


@dataclass(frozen=True, kw_only=True)
class PromotionToken:
    """Where a demoted site stopped, as pg_controldata tells it."""

    timeline: str
    redo_wal_file: str
    system_identifier: str
    redo_location: str
    checkpoint_time: str

    @classmethod
    def from_control_data(cls, control_data: Mapping[str, str]) -> "PromotionToken":
        """The token of a server that was shut down cleanly."""
        return cls(**{field: control_data[key] for field, (_, key) in _FIELDS.items()})

    @classmethod
    def decode(cls, text: str) -> "PromotionToken":
        """Read a token.

        Raises:
            TokenRefused: when it is not one.
        """
        try:
            content = json.loads(base64.b64decode(text, validate=True))
            return cls(**{field: content[key] for field, (key, _) in _FIELDS.items()})
        except (binascii.Error, ValueError, KeyError, TypeError) as error:
            raise TokenRefused(f"not a promotion token: {error!r}") from error

    def encode(self) -> str:
        """The token as it stands in `status.demotionToken` and `spec.replica.promotionToken`."""
        content = {key: getattr(self, field) for field, (key, _) in _FIELDS.items()}
        content["operatorVersion"] = OPERATOR_VERSION
        return base64.b64encode(json.dumps(content).encode()).decode()

    def judge(self, control_data: Mapping[str, str], replayed: str) -> Verdict:
        """Whether a standby with this control file, replayed up to an LSN, may be promoted.

        Raises:
            TokenRefused: when waiting cannot help: another system, a later timeline, or a replay
                that already went past the token.
        """
        system = control_data[_FIELDS["system_identifier"][1]]
        if system != self.system_identifier:
            raise TokenRefused(f"of system {self.system_identifier}, this one is {system}")
        timeline = int(control_data[_FIELDS["timeline"][1]])
        if timeline > int(self.timeline):
            raise TokenRefused(f"of timeline {self.timeline}, this site is on {timeline}")
        redo = control_data[_FIELDS["redo_location"][1]]
        if as_number(redo) > as_number(self.redo_location):
            raise TokenRefused(f"of {self.redo_location}, this site has replayed past it: {redo}")
        if timeline < int(self.timeline) or as_number(replayed) <= as_number(self.redo_location):
            return "not yet"
        return "valid" if redo == self.redo_location else "not yet"


def as_number(lsn: str) -> int:
    """An LSN such as 0/3000028 as a position in bytes."""
    high, low = lsn.split("/")
    return int(high, 16) << 32 | int(low, 16)
