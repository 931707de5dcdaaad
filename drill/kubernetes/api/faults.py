"""What can be made to go wrong with an API, and for how long."""

import time

_LOOK_SECONDS = 0.05


class Faults:
    """Knobs of one API; all are off at first. Times are in seconds from now."""

    def __init__(self) -> None:
        self._away_until = 0.0
        self._silent_until = 0.0
        self._unavailable_until = 0.0
        self._unauthorized_until = 0.0
        self._webhook_away_until = 0.0
        self._conflicts = 0

    def api_away(self, seconds: float) -> None:
        """Every connection is closed without an answer."""
        self._away_until = time.monotonic() + seconds

    def api_silent(self, seconds: float) -> None:
        """Connections are accepted, and answered only when the time is over."""
        self._silent_until = time.monotonic() + seconds

    def api_unavailable(self, seconds: float) -> None:
        """Every request is answered with 503."""
        self._unavailable_until = time.monotonic() + seconds

    def api_unauthorized(self, seconds: float) -> None:
        """Every request is answered with 401, as one with a token that nobody knows."""
        self._unauthorized_until = time.monotonic() + seconds

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
    def is_api_unavailable(self) -> bool:
        """Whether requests are answered with 503."""
        return time.monotonic() < self._unavailable_until

    @property
    def is_api_unauthorized(self) -> bool:
        """Whether requests are answered with 401."""
        return time.monotonic() < self._unauthorized_until

    def wait_while_silent(self) -> None:
        """Return when requests are answered."""
        while (left := self._silent_until - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK_SECONDS))

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
