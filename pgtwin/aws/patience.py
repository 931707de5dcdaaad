"""How much time a region's next call is given: little after a silence, until it answers again."""

from pgtwin.deadlines import CALL_SECONDS, SUSPECT_SECONDS


class Patience:
    """What is known of one region's services; shared by the threads that ask them.

    A plain flag is enough: a thread that reads it too early waits a few seconds longer.
    """

    def __init__(self) -> None:
        self._silent = False

    @property
    def seconds(self) -> float:
        """What the next call may take."""
        return SUSPECT_SECONDS if self._silent else CALL_SECONDS

    def heard(self) -> None:
        """The region answered, be it with an error of its own."""
        self._silent = False

    def was_silent(self) -> None:
        """No answer came, or none that tells anything."""
        self._silent = True
