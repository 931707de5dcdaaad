"""Which resources shall fail, so that a drill can look at what CloudFormation makes of it."""

import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase


class Doomed(Exception):  # noqa: N818 (what it is)
    """A resource that a drill wanted to fail; the message is the reason that AWS would give."""


@dataclass(kw_only=True)
class _Doom:
    reason: str
    times: int
    after: int

    def strike(self) -> None:
        if self.after:
            self.after -= 1
        elif self.times:
            self.times -= 1
            raise Doomed(self.reason)


class Dooms:
    """Failures to come, by stack and resource; shared by the threads that answer requests.

    A wait condition fails like this where a machine would have signalled FAILURE, an association
    where its command would have failed: nothing runs on the machines while a stack is deployed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dooms: dict[tuple[str, str], _Doom] = {}

    def doom(self, stack: str, logical_id: str, reason: str, times: int, after: int = 0) -> None:
        """Let the next `times` creations or changes of what matches fail; 0 ends that.

        `stack` and `logical_id` are patterns such as `pgtwin-dr-*` and `ReadinessReady*`. The first
        `after` of them succeed.
        """
        with self._lock:
            self._dooms[stack, logical_id] = _Doom(reason=reason, times=times, after=after)

    def strike(self, stack: str, logical_id: str) -> None:
        """Called before a resource is made or changed.

        Raises:
            Doomed: where this one shall fail.
        """
        with self._lock:
            for (stacks, resources), doom in self._dooms.items():
                if fnmatchcase(stack, stacks) and fnmatchcase(logical_id, resources):
                    doom.strike()
