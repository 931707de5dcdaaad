"""What can be made to go wrong with an API, and for how long."""

import time


class Faults:
    """Knobs of one API; all are off at first. Times are in seconds from now."""

    def __init__(self) -> None:
        self._away_until = 0.0
        self._webhook_away_until = 0.0
        self._conflicts = 0

    def api_away(self, seconds: float) -> None:
        """Every connection is closed without an answer."""
        self._away_until = time.monotonic() + seconds

    def webhook_away(self, seconds: float) -> None:
        """The operator's webhook refuses connections."""
        self._webhook_away_until = time.monotonic() + seconds

    def conflict_on_next_writes(self, count: int = 1) -> None:
        """The next writes meet an object that somebody else has just modified."""
        self._conflicts = count

    def clear(self) -> None:
        """Everything works again."""
        self.__init__()  # type: ignore[misc]

    @property
    def is_api_away(self) -> bool:
        """Whether connections are being closed."""
        return time.monotonic() < self._away_until

    @property
    def is_webhook_away(self) -> bool:
        """Whether the webhook refuses connections."""
        return time.monotonic() < self._webhook_away_until

    def take_conflict(self) -> bool:
        """Whether this write meets a conflict; each is met once."""
        if self._conflicts == 0:
            return False
        self._conflicts -= 1
        return True
