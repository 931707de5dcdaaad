"""Where machines report to CloudFormation's wait conditions, and where those wait for it."""

import json
import threading
import time
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any
from wsgiref.types import StartResponse

PATH = "/cloudformation-waitcondition/"
_LOOK_SECONDS = 0.2


class NotSignalled(Exception):  # noqa: N818 (what happened)
    """A wait condition failed; the message is CloudFormation's reason."""


class WaitSignals:
    """Keeps what was PUT to each wait condition's handle.

    Emulated: the document with Status, Reason, UniqueId and Data, one signal a UniqueId (a second
    one with the same id counts as a retry, as in AWS); waiting, for the stacks of which that is
    asked. Not emulated: the URL's signature and its expiry. All other wait conditions are complete
    at once, since nothing boots while their templates are being deployed.
    """

    def __init__(self) -> None:
        self._received: dict[str, dict[str, dict[str, str]]] = {}
        self._awaited: set[str] = set()
        self._lock = threading.Lock()

    def received(self) -> dict[str, list[dict[str, str]]]:
        """The signals by handle path, in the order of their arrival."""
        with self._lock:
            return {handle: list(signals.values()) for handle, signals in self._received.items()}

    def wait_in(self, stacks: str, *, wait: bool) -> None:
        """Let the wait conditions of stacks wait from now on, or give up what still waits.

        `stacks` is a pattern such as `pgtwin-dr*`.
        """
        with self._lock:
            (self._awaited.add if wait else self._awaited.discard)(stacks)

    def is_awaited(self, name: str) -> bool:
        """Whether wait conditions wait in the stack of this name."""
        with self._lock:
            return any(fnmatchcase(name, stacks) for stacks in self._awaited)

    def wait(self, name: str, handle: str, *, count: int, seconds: float) -> None:
        """Wait for signals of success at a handle's path; `name` begins with that of the stack.

        Raises:
            NotSignalled: at the first failure, at the end of the time, or where it was given up.
        """
        deadline = time.monotonic() + seconds
        while True:
            signals = self.received().get(handle, [])
            for signal in signals:
                if signal["Status"] == "FAILURE":
                    raise NotSignalled(
                        f"WaitCondition received failed message: '{signal['Reason']}' for "
                        f"uniqueId: {signal['UniqueId']}"
                    )
            if len(signals) >= count:
                return
            if time.monotonic() >= deadline or not self.is_awaited(name):
                raise NotSignalled(
                    f"WaitCondition timed out. Received {len(signals)} conditions when "
                    f"expecting {count}"
                )
            time.sleep(_LOOK_SECONDS)

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
