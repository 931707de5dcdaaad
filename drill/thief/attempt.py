"""One attempt of a thief, and what came of it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from drill.thief.spoils import Spoils
from topology.site import SiteName

Outcome = Literal["refused", "done", "broken"]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What is tried in one region, and who is meant to be able to."""

    what: str
    """A sentence with `{site}` in it."""
    service: str
    site: SiteName
    act: Callable[[Any, Spoils], object]
    """Called with the thief's own client of the service."""
    may: frozenset[str] = frozenset()
    """The principals whose work it is; everybody else has to be refused."""
    target: Callable[[Spoils], str] | None = None
    """The key in the site's bucket of which something has to be left."""

    @property
    def name(self) -> str:
        """What is tried, and where."""
        return self.what.format(site=self.site)

    def expected(self, principal: str) -> Outcome:
        """What has to come of it."""
        return "done" if principal in self.may else "refused"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one attempt of one principal."""

    principal: str
    attempt: str
    outcome: Outcome
    expected: Outcome
    left: str | None = None
    """What is left of the target; None where nothing was touched."""
    detail: str = ""
    """The error that was no refusal."""
    kept_too_short: bool = False

    @property
    def wrong(self) -> bool:
        """Whether somebody could do what he must not, could not do his work, or left nothing."""
        return self.outcome != self.expected or self.left == "nothing" or self.kept_too_short

    def document(self) -> dict[str, Any]:
        """For JSON."""
        found = asdict(self)
        del found["kept_too_short"]
        return {**found, "wrong": self.wrong}
