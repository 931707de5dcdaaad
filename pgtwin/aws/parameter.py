"""One parameter of Parameter Store, whose versions make a compare-and-set of an unconditional put.

What always holds: whoever replaces a value learns whether another came between his look and his
put. Parameter Store has no conditional put, but it numbers them without a gap and says the number
(API reference, PutParameter, `Version`). Nor has it a conditional delete, and the numbers of a new
one begin at 1: nothing is deleted here. The time is the region's, never this machine's.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from pgtwin.aws.clients import Clients


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A value as it was at one look."""

    text: str
    version: int
    age_seconds: float
    """Since it was put, by the region's own clock."""


class Parameter:
    """One name in one region."""

    def __init__(self, clients: Clients, name: str) -> None:
        self._clients = clients
        self._name = name

    def read(self) -> Stored | None:
        """The newest version."""
        return self._read(self._name)

    def before(self, seen: Stored) -> Stored | None:
        """The version before `seen`, where Parameter Store still has it."""
        return self._read(f"{self._name}:{seen.version - 1}") if seen.version > 1 else None

    def create(self, text: str) -> bool:
        """Make it; False where there is one."""
        return self._put(text, overwrite=False) is not None

    def replace(self, seen: Stored, text: str) -> Stored | None:
        """Put `text` over `seen`; what came between, if anything did."""
        version = self._put(text, overwrite=True)
        if version is None or version == seen.version + 1:
            return None
        return self._read(f"{self._name}:{version - 1}")

    def put_back(self, text: str) -> None:
        """Let a value be the newest again, and the one before it.

        Whoever compares the last two versions must not find the one that was put over it.
        """
        self._put(text, overwrite=True)
        self._put(text, overwrite=True)

    def _read(self, name: str) -> Stored | None:
        def get(ssm: Any) -> Any:
            gone = (ssm.exceptions.ParameterNotFound, ssm.exceptions.ParameterVersionNotFound)
            try:
                return ssm.get_parameter(Name=name)
            except gone:
                return None

        answer = self._clients.ask("ssm", f"read {name} in {self._clients.region}", get)
        if answer is None:
            return None
        found = answer["Parameter"]
        return Stored(
            text=str(found["Value"]),
            version=int(found["Version"]),
            age_seconds=_age_seconds(answer),
        )

    def _put(self, text: str, *, overwrite: bool) -> int | None:
        def put(ssm: Any) -> int | None:
            try:
                answer = ssm.put_parameter(
                    Name=self._name, Value=text, Type="String", Overwrite=overwrite
                )
            except ssm.exceptions.ParameterAlreadyExists:
                return None
            return int(answer["Version"])

        return self._clients.ask("ssm", f"write {self._name} in {self._clients.region}", put)


def _age_seconds(answer: Any) -> float:
    """From the answer's own `Date`: a laptop whose clock is wrong takes no lock for expired.

    `Date` has whole seconds, so that a value of just now would be younger than nothing.
    """
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    now = parsedate_to_datetime(date) if date else datetime.now(UTC)
    put: datetime = answer["Parameter"]["LastModifiedDate"]
    return max(0.0, (now - put).total_seconds())
