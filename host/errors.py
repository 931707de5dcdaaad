"""How a run ends when it does not end well: one class an exit code."""


class HostError(Exception):
    """Says what happened and, after a dash in the message, what to run next."""

    exit_code = 3


class Refused(HostError):  # noqa: N818 (a verdict)
    """A precondition does not hold or an argument is wrong; nothing was changed."""

    exit_code = 2


class Failed(HostError):  # noqa: N818 (a verdict)
    """A step failed; running the same command again is safe."""

    exit_code = 3


class TimedOut(HostError):  # noqa: N818 (a verdict)
    """Something that was waited for did not come; running the same command again is safe."""

    exit_code = 4


class Locked(HostError):  # noqa: N818 (a verdict)
    """Another run holds the lock; nothing was changed."""

    exit_code = 5
