"""boto3 clients, and the one way to call them: with a deadline, and with errors that plans know."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from pgtwin.aws.answers import answers
from pgtwin.aws.at_once import at_once
from pgtwin.aws.patience import Patience
from pgtwin.deadlines import CONNECT_SECONDS, READ_SECONDS
from pgtwin.errors import SiteError, SiteUnreachable

WORLDWIDE_REGION = "us-east-1"
"""Where the control planes of IAM and Route 53 live, and what they are signed for. What they told
the regions goes on to hold while it is lost: credentials, denials, DNS answers (AWS Fault Isolation
Boundaries, appendix A)."""
T = TypeVar("T")


class Clients:
    """The services of one region."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._session: Any = None
        self._clients: dict[str, Any] = {}
        self._patience = Patience()
        # A session may be used by one thread at a time; the clients that it makes by any number.
        self._making = threading.Lock()

    def ask(
        self, service: str, what: str, call: Callable[[Any], T], *, seconds: float | None = None
    ) -> T:
        """What `call` gets from the service's client; `seconds` where it takes longer than most.

        Raises:
            SiteUnreachable: no answer in time; a late one may still take effect.
            SiteRefused: the credentials may not, have expired, or there are none.
            SiteFailed: any other error of the service.
        """
        client = self.client(service)
        patience = self._patience.seconds if seconds is None else seconds
        answer = at_once({what: lambda: call(client)}, patience)[what]
        try:
            given = _given(what, answer)
        except SiteUnreachable:
            self._patience.was_silent()
            raise
        except SiteError:
            self._patience.heard()
            raise
        self._patience.heard()
        return given

    def client(self, service: str) -> Any:
        """The client of one service."""
        with self._making:
            if service not in self._clients:
                self._clients[service] = self._make(service)
            return self._clients[service]

    def _make(self, service: str) -> Any:
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": 1},
        )
        self._session = self._session or boto3.Session(region_name=self.region)
        with answers(f"prepare to ask {service} in {self.region}"):
            client = self._session.client(service, config=config)
        # Made on first use, and by two threads at once twice: then no `except` knows the other's.
        _ = client.exceptions
        return client


def _given(what: str, answer: T | Exception) -> T:
    if isinstance(answer, TimeoutError):
        raise SiteUnreachable(f"{what}: {answer}") from answer
    if isinstance(answer, Exception):
        with answers(what):
            raise answer
    return answer
