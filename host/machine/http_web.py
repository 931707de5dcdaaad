"""HTTPS by urllib, TCP by socket."""

import shutil
import socket
import urllib.error
import urllib.request
from http.client import HTTPException

from host.errors import Failed
from host.machine.machine import Files

_BROKEN = (HTTPException, urllib.error.URLError, TimeoutError, ConnectionError)
"""HTTPException: what came is no whole answer, such as a transfer in chunks that was cut short."""
_TIMEOUT_SECONDS = 30
_CONNECT_SECONDS = 3


class HttpWeb:
    """Downloads into `files`, and PUTs."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def download(self, url: str, path: str) -> None:
        """Fetch into a file; a stalled transfer fails after 30 s without a byte."""
        self._files.folder(path.rpartition("/")[0])
        try:
            with (
                urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as reply,  # noqa: S310
                self._files.path(path).open("wb") as target,
            ):
                shutil.copyfileobj(reply, target)
                # A connection cut short ends the copy without an error.
                missing = int(reply.headers.get("Content-Length", target.tell())) - target.tell()
        except _BROKEN as error:
            raise Failed(f"could not download {url}: {error}") from None
        if missing:
            raise Failed(f"could not download {url}: the last {missing} bytes are missing")

    def put(self, url: str, body: bytes) -> int:
        """PUT with an empty content type: the signature of a presigned URL covers it."""
        request = urllib.request.Request(  # noqa: S310
            url, data=body, method="PUT", headers={"Content-Type": ""}
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as reply:  # noqa: S310
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code
        except _BROKEN as error:
            raise Failed(f"could not PUT to {url.partition('?')[0]}: {error}") from None

    def listens(self, host: str, port: int) -> bool:
        """Whether a TCP connection is accepted there within 3 s."""
        try:
            with socket.create_connection((host, port), timeout=_CONNECT_SECONDS):
                return True
        except OSError:
            return False
