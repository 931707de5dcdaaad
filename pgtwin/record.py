"""Who may write: the one fact that no template holds.

What always holds:

* An epoch names at most one writer. Each change of the writer, and each re-clone, is a new epoch.
* The record moves to a site before that site is promoted, and a site refuses its own promotion
  where the record does not name it together with the very token that the promotion carries. So a
  promotion that arrives late cannot win against a decision that was taken after it.
* The record moves away from a site only after that site was demoted or fenced.
* In a hand-over the copy in the region that loses is written first. So a region's copy that names
  its own site is the newest there is, unless that site was fenced by a failover.
"""

import json
import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from topology.site import SiteName

NO_PROMOTION = ""
"""A token that no promotion carries."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One copy of the record; each region holds one. The shape is that of docs/interfaces.md."""

    epoch: int
    writer: SiteName
    server_names: dict[SiteName, str] = field(hash=False)
    since: str = ""
    """UTC, ISO 8601."""
    by: str = ""
    token: str | None = None
    """What a promotion in this epoch has to carry: the demotion token of a hand-over, None for one
    without (failover), NO_PROMOTION where none is due."""

    @classmethod
    def parse(cls, text: str) -> "Record":
        """Read a copy; keys that are not known here are left out."""
        document: dict[str, Any] = json.loads(text)
        known = {key: document[key] for key in cls.__dataclass_fields__ if key in document}
        return cls(**known)

    def text(self) -> str:
        """The copy as it is stored."""
        return json.dumps({key: value for key, value in asdict(self).items() if value is not None})

    def handed_to(self, writer: SiteName, token: str | None, *, by: str, since: str) -> "Record":
        """The next epoch, in which `writer` may be promoted."""
        return replace(self, epoch=self.epoch + 1, writer=writer, token=token, by=by, since=since)

    def recloned(self, site: SiteName, server_name: str, *, by: str, since: str) -> "Record":
        """The next epoch, in which `site` archives under a new server name; promotes nobody."""
        names = {**self.server_names, site: server_name}
        return replace(
            self,
            epoch=self.epoch + 1,
            server_names=names,
            token=NO_PROMOTION,
            by=by,
            since=since,
        )

    def next_server_name(self, site: SiteName) -> str:
        """The name of the site's next generation: `name`, `name-g2`, `name-g3`, ..."""
        name = self.server_names[site]
        match = re.fullmatch(r"(.+)-g(\d+)", name)
        return f"{match[1]}-g{int(match[2]) + 1}" if match else f"{name}-g2"
