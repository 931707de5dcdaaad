"""What stands between a region's port and moto: cuts, throttles and CloudFormation's signals."""

import re
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from urllib.parse import unquote
from wsgiref.types import StartResponse, WSGIApplication

from drill.aws.bucket_address import bucket_and_key
from drill.aws.faults import Faults
from drill.aws.run_command import RunCommand
from drill.aws.wait_signals import PATH, WaitSignals
from drill.failure_modes import LATE_SECONDS

_SLOW_DOWN = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)
_CREDENTIAL = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
_SWALLOW_SECONDS = 0.2
_WRITES = {"PUT", "POST", "DELETE"}


class RegionGate:
    """The WSGI application of every region's port.

    A request belongs to the region where its bucket lives or, for every other service, to the
    region that it was signed for; the port only stands for the way into a region. Only what is
    signed for none, because a token stands for its signature, belongs to the port's own. A request
    to a region that is cut off gets no answer, whichever port it came through, because AWS would
    send the client on to the region itself.
    """

    def __init__(
        self,
        *,
        aws: WSGIApplication,
        faults: Faults,
        signals: WaitSignals,
        bucket_region: Callable[[str], str | None],
        run_command: RunCommand | None = None,
    ) -> None:
        self._aws = aws
        self._faults = faults
        self._signals = signals
        self._bucket_region = bucket_region
        self._run_command = run_command

    def through(self, way: str) -> WSGIApplication:
        """The application of the port that stands for the way into a region."""
        return partial(self._answer, way)

    def _answer(
        self, way: str, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one request, or drop the connection."""
        path = environ["PATH_INFO"]
        if path.startswith(PATH):
            return self._signals(environ, start_response)
        bucket, key = _object(environ)
        service, region = _scope(environ, way)
        if service == "s3":
            region = self._bucket_region(bucket) or region
        self._swallow(region, service)
        cut = self._faults.how_cut(region, service)
        if cut == "slow":
            time.sleep(LATE_SECONDS)
        elif cut:
            raise ConnectionResetError(f"{region} is cut off")
        writes = service == "s3" and environ["REQUEST_METHOD"] in _WRITES
        if writes and self._faults.refuses_write(bucket, key):
            start_response("503 Slow Down", [("Content-Type", "application/xml")])
            return [_SLOW_DOWN]
        if self._run_command and region and self._run_command.answers(environ):
            return self._run_command(environ, region, start_response)
        return self._aws(environ, start_response)

    def _swallow(self, region: str | None, service: str) -> None:
        """Keep a request without an answer for as long as its region swallows them."""
        while self._faults.how_cut(region, service) == "swallowed":
            time.sleep(_SWALLOW_SECONDS)


def _scope(environ: dict[str, Any], way: str) -> tuple[str, str | None]:
    """The service and region that the request was signed for.

    What is not signed is STS' where it names no bucket to write into, else S3's.
    """
    signed = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if signed:
        return signed["service"], signed["region"]
    by_token = environ["REQUEST_METHOD"] == "POST" and not _object(environ)[0]
    return ("sts", way) if by_token else ("s3", None)


def _object(environ: dict[str, Any]) -> tuple[str, str]:
    """Bucket and key of an S3 request."""
    return bucket_and_key(environ.get("HTTP_HOST", ""), unquote(environ["PATH_INFO"]))
