"""Trying again, with longer and longer pauses."""

import logging
from collections.abc import Callable

from host.errors import Failed
from host.machine.machine import Clock

_PAUSES_SECONDS = (1, 2, 5, 10, 20, 30)
"""About a minute in all: longer than a lost connection, shorter than a deployment's patience."""
_log = logging.getLogger(__name__)


def retry(clock: Clock, action: Callable[[], None]) -> None:
    """Do `action` until it does not fail.

    Raises:
        Failed: as the last attempt did.
    """
    for pause in _PAUSES_SECONDS:
        try:
            action()
        except Failed as error:
            _log.warning("%s - again in %d s", error, pause)
            clock.sleep(pause)
        else:
            return
    action()
