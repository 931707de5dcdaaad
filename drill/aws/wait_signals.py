"""Where machines report to CloudFormation's wait conditions."""

import json
import threading
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse

PATH = "/cloudformation-waitcondition/"


class WaitSignals:
    """Keeps what was PUT to each wait condition's handle.

    Emulated: the document with Status, Reason, UniqueId and Data, one signal a UniqueId (a second
    one with the same id counts as a retry, as in AWS). Not emulated: the URL's signature and its
    expiry, and waiting: a WaitCondition is complete at once, since nothing boots while the
    templates are being deployed. Whether it would have become complete is in these signals.
    """

    def __init__(self) -> None:
        self._received: dict[str, dict[str, dict[str, str]]] = {}
        self._lock = threading.Lock()

    def received(self) -> dict[str, list[dict[str, str]]]:
        """The signals by handle path, in the order of their arrival."""
        with self._lock:
            return {handle: list(signals.values()) for handle, signals in self._received.items()}

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Record one signal; anything but a well-formed PUT is refused with 400."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        try:
            signal = _signal(body) if environ["REQUEST_METHOD"] == "PUT" else None
        except ValueError:
            signal = None
        if signal is None:
            start_response("400 Bad Request", [("Content-Type", "text/plain")])
            return [b"PUT a JSON document with Status, Reason, UniqueId and Data\n"]
        with self._lock:
            handle = self._received.setdefault(environ["PATH_INFO"], {})
            handle.setdefault(signal["UniqueId"], signal)
        start_response("200 OK", [("Content-Length", "0")])
        return []


def _signal(body: bytes) -> dict[str, str] | None:
    document = json.loads(body)
    if not isinstance(document, dict) or set(document) != {"Status", "Reason", "UniqueId", "Data"}:
        return None
    if document["Status"] not in {"SUCCESS", "FAILURE"}:
        return None
    return {key: str(value) for key, value in document.items()}
