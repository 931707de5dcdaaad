"""How a region fails, as data: what a client of its services meets, from the name to the answer.

The one list that the doors (drill/aws/endpoints/), the tests and the matrix of `make failures` use.
A mode says what happens, never what a client should make of it; `tells` is what it may conclude.
"""

from dataclasses import dataclass
from typing import Literal

Resolving = Literal["at once", "never", "late"]
Connecting = Literal["accepted", "refused", "ignored"]
Speaking = Literal["forwards", "resets", "holds", "no TLS", "untrusted"]
Tells = Literal["nothing", "refused"]
Verbs = Literal["end", "hang"]
Cut = Literal["refused", "closed", "swallowed", "slow"]
"""What a machine meets of a region that is cut off: its connection is refused, or accepted and
closed, or nothing ever answers; or each request takes effect late."""

LATE_SECONDS = 12.0
"""Longer than `pgtwin` waits for any one call."""
TRICKLE_SECONDS = 1.0
"""Between two bytes: no read times out, and no answer is ever whole."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An error that a service gives instead of working."""

    status: int
    code: str = ""
    """Without one the body is not of the service's making."""
    body: str = ""


@dataclass(frozen=True, kw_only=True)
class FailureMode:
    """One way to fail. What is not given is as in a region that is well."""

    name: str
    resolving: Resolving = "at once"
    connecting: Connecting = "accepted"
    speaking: Speaking = "forwards"
    answer: Answer | None = None
    delivers_after_seconds: float = 0.0
    """How long a request is under way; it takes effect then, whoever waits for it."""
    trickles: bool = False
    """Whether the answer comes byte by byte, after the request took effect."""
    services: frozenset[str] | None = None
    """Which services fail; all of them where it is left out."""
    tells: Tells = "nothing"
    """`refused`: the request surely had no effect."""
    verbs: Verbs = "end"
    """`hang`: its machines take commands, and do no work."""

    @property
    def whole(self) -> bool:
        """Whether nothing of the region works."""
        return self.services is None and self.verbs == "end"

    @property
    def cut(self) -> Cut | None:
        """What machines meet that reach the region without its names: nearest to this mode."""
        if self.delivers_after_seconds or self.trickles or self.resolving == "late":
            return None  # it answers, in the end
        if self.connecting == "ignored" or self.speaking == "holds":
            return "swallowed"
        return "refused" if self.connecting == "refused" else "closed"

    def fails(self, service: str) -> bool:
        """Whether this service is among those that fail."""
        return self.services is None or service in self.services


WELL = FailureMode(name="well")

MODES = (
    FailureMode(name="refused", connecting="refused"),
    FailureMode(name="swallowed SYN", connecting="ignored"),
    FailureMode(name="DNS gone", resolving="never"),
    FailureMode(name="reset", speaking="resets"),
    FailureMode(name="swallowed after accept", speaking="holds"),
    FailureMode(name="DNS slow", resolving="late"),
    FailureMode(name="TLS broken", speaking="no TLS"),
    FailureMode(name="TLS untrusted", speaking="untrusted"),
    FailureMode(name="500", answer=Answer(status=500, code="InternalFailure")),
    FailureMode(name="500 empty", answer=Answer(status=500)),
    FailureMode(
        name="503 HTML", answer=Answer(status=503, body="<html>Service Unavailable</html>")
    ),
    FailureMode(name="503 with a code", answer=Answer(status=503, code="ServiceUnavailable")),
    FailureMode(name="throttled", answer=Answer(status=400, code="ThrottlingException")),
    FailureMode(
        name="access denied",
        answer=Answer(status=403, code="AccessDeniedException"),
        tells="refused",
    ),
    FailureMode(
        name="expired credentials",
        answer=Answer(status=400, code="ExpiredTokenException"),
        tells="refused",
    ),
    FailureMode(name="slow", trickles=True),
    FailureMode(name="late", delivers_after_seconds=LATE_SECONDS),
    FailureMode(
        name="half dead, SSM lives",
        connecting="ignored",
        services=frozenset(("ec2", "elasticloadbalancing", "s3", "secretsmanager")),
    ),
    FailureMode(
        name="half dead, EC2 lives",
        connecting="ignored",
        services=frozenset(("ssm", "sts", "servicequotas", "s3", "route53")),
    ),
    FailureMode(
        name="one service late",
        delivers_after_seconds=LATE_SECONDS,
        services=frozenset(("ssm", "route53")),
    ),
)
"""Ways to lose a region. The codes are those of AWS' common errors, which each service's API
reference lists."""
GRAY = (
    FailureMode(name="machines hang", verbs="hang"),
    FailureMode(
        name="archive slow",
        delivers_after_seconds=LATE_SECONDS,
        services=frozenset(("s3",)),
    ),
)
"""Ways to fail of a region that answers: whoever only asks whether it is there sees nothing."""
ALL = (*MODES, *GRAY)


def named(name: str) -> FailureMode:
    """The mode of that name.

    Raises:
        KeyError: where there is none; the message lists all.
    """
    found = {mode.name: mode for mode in ALL}
    if name not in found:
        raise KeyError(f"no failure mode {name!r}; known: {', '.join(found)}")
    return found[name]
