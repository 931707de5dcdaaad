"""HTTPS by urllib."""

import shutil
import urllib.error
import urllib.request

from host.errors import Failed
from host.machine import Files

_TIMEOUT_SECONDS = 30


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
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            raise Failed(f"could not download {url}: {error}") from None

    def put(self, url: str, body: bytes) -> None:
        """PUT with an empty content type: the signature of a presigned URL covers it."""
        request = urllib.request.Request(  # noqa: S310
            url, data=body, method="PUT", headers={"Content-Type": ""}
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            raise Failed(f"could not PUT to {url.partition('?')[0]}: {error}") from None
