"""Who may write: the one fact that no template holds.

What always holds:

* An epoch names at most one writer. Each change of the writer, and each re-clone, is a new epoch.
* The record moves to a site before that site is promoted, and a site refuses its own promotion
  where the record does not name it together with the very token that the promotion carries. So a
  promotion that arrives late cannot win against a decision that was taken after it.
* The record moves away from a site only after that site was demoted or fenced.
* A copy that cannot be read is no copy, and is said loudly: it can neither name a writer nor stop
  whoever writes a readable one over it.
* In a hand-over the copy in the region that loses is written first. So a region's copy that names
  its own site is the newest there is, unless that site was fenced by a failover.
"""

import json
import logging
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from topology.site import SITES, SiteName

NO_PROMOTION = ""
"""A token that no promotion carries."""
SERVER_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", re.ASCII)
"""A server name is a folder of the archive and part of an object's name."""
_GENERATION = re.compile(r"(.+)-g([2-9]|[1-9][0-9]{1,3})", re.ASCII)
"""A name after the first; host/archive/generations.py counts them back."""
_EPOCHS = range(2**31)
_log = logging.getLogger(__name__)


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
        """Read a copy; keys that are not known here are left out.

        Raises:
            ValueError: where it is none; the message names the field.
        """
        document = _object(text)
        epoch, names = document.get("epoch"), document.get("server_names")
        if type(epoch) is not int or epoch not in _EPOCHS:
            raise ValueError(f"epoch: a whole number, not {epoch!r:.40}")
        if document.get("writer") not in SITES:
            raise ValueError(f"writer: one of {', '.join(SITES)}")
        if not isinstance(names, dict) or names.keys() != set(SITES):
            raise ValueError("server_names: one name for each site")
        if not all(map(_is_server_name, names.values())):
            raise ValueError(
                f"server_names: lower case letters, digits, - and ., not {names!r:.80}"
            )
        if not all(_is_line(document.get(key, "")) for key in ("since", "by")):
            raise ValueError("since, by: one line of text each")
        if not isinstance(document.get("token"), str | None):
            raise ValueError("token: a text or nothing")
        known = {key: document[key] for key in cls.__dataclass_fields__ if key in document}
        return cls(**known)

    @classmethod
    def readable(cls, text: str, where: str) -> "Record | None":
        """Read a copy; None, and a warning, where it is none."""
        try:
            return cls.parse(text)
        except ValueError as error:
            _log.warning("the record in %s is not valid (%s) and is ignored", where, error)
            return None

    @property
    def has_first_writer(self) -> bool:
        """Whether each epoch only gave a site a new server name: no site ever took over."""
        return self.epoch == sum(map(_clones, self.server_names.values()))

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
        match = _GENERATION.fullmatch(name)
        return f"{match[1]}-g{int(match[2]) + 1}" if match else f"{name}-g2"


def are_rivals(copies: Iterable[Record]) -> bool:
    """Whether copies of the newest epoch name different writers: no site can be promoted then."""
    known = tuple(copies)
    newest = max((copy.epoch for copy in known), default=0)
    return len({copy.writer for copy in known if copy.epoch == newest}) > 1


def is_later_generation(server_name: str) -> bool:
    """Whether a site got that name when it was cloned again."""
    return _clones(server_name) > 0


def _clones(server_name: str) -> int:
    """How often a site was cloned again, by its name."""
    match = _GENERATION.fullmatch(server_name)
    return int(match[2]) - 1 if match else 0


def _object(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON") from error
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")
    return document


def _is_server_name(name: Any) -> bool:
    return isinstance(name, str) and SERVER_NAME.fullmatch(name) is not None


def _is_line(text: Any) -> bool:
    return isinstance(text, str) and text.isprintable()
