"""The program's log: to stderr, in journald's own levels where journald reads it."""

import logging
import os
from collections import deque

_JOURNALD_LEVELS = {"DEBUG": 7, "INFO": 6, "WARNING": 4, "ERROR": 3, "CRITICAL": 2}
_TAIL_LINES = 30
_tail: deque[str] = deque(maxlen=_TAIL_LINES)


class _Journal(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = record.getMessage()
        _tail.append(line)
        if _read_by_journald():
            return f"<{_JOURNALD_LEVELS[record.levelname]}>{line}"
        return f"{self.formatTime(record, '%H:%M:%S')} {record.levelname.lower()} {line}"


def _read_by_journald() -> bool:
    # The variable is inherited also by those whose output goes elsewhere (sd-journal's protocol).
    stderr = os.fstat(2)
    return os.environ.get("JOURNAL_STREAM") == f"{stderr.st_dev}:{stderr.st_ino}"


def start() -> None:
    """Send every module's log to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Journal())
    logger = logging.getLogger("host")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


def tail() -> tuple[str, ...]:
    """The last lines that were logged, for a report of failure."""
    return tuple(_tail)
