"""Parts of one document, each read by itself: what fails is None and leaves its reason."""

import logging
from collections.abc import Callable
from typing import TypeVar

from host.explain import explain

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Parts:
    """The reasons of what could not be read, under each part's name."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def read(self, name: str, read: Callable[[], T]) -> T | None:
        """What `read` returns, or None."""
        try:
            return read()
        except Exception as error:
            ours = explain(error)
            if ours is None:
                _log.exception("%s cannot be read", name)
            self.errors[name] = str(ours or repr(error))
            return None
