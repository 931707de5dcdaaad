"""What is broken at this moment: regions that are cut off, prefixes that refuse writes."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from drill.failure_modes import Cut


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """Writes to `bucket` below `prefix` answer 503 SlowDown until `until` on the faults' clock."""

    bucket: str
    prefix: str
    until: float

    def refuses(self, bucket: str, key: str, now: float) -> bool:
        """Whether a write to this object is refused now."""
        return now < self.until and bucket == self.bucket and key.startswith(self.prefix)


@dataclass
class Faults:
    """The faults of every region, shared by the threads that answer requests."""

    clock: Callable[[], float] = time.monotonic
    _cut: dict[str, tuple[Cut, frozenset[str]]] = field(default_factory=dict)
    _throttles: list[Throttle] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cut(self, region: str, how: Cut = "refused", services: Iterable[str] = ()) -> None:
        """Nothing that lives in `region` answers any more, or none of some services."""
        with self._lock:
            self._cut[region] = how, frozenset(services)

    def heal(self, region: str) -> None:
        """What lives in `region` answers again."""
        with self._lock:
            self._cut.pop(region, None)

    def throttle(self, *, bucket: str, prefix: str, seconds: float) -> None:
        """Refuse writes to a prefix for a time; a time of 0 ends every throttle of the prefix."""
        with self._lock:
            self._throttles = [
                throttle
                for throttle in self._throttles
                if (throttle.bucket, throttle.prefix) != (bucket, prefix)
            ]
            if seconds > 0:
                until = self.clock() + seconds
                self._throttles.append(Throttle(bucket=bucket, prefix=prefix, until=until))

    def how_cut(self, region: str | None, service: str) -> Cut | None:
        """How a service of this region is cut off; None while it answers."""
        with self._lock:
            how, services = self._cut.get(region or "", (None, frozenset()))
            return how if not services or service in services else None

    def refuses_write(self, bucket: str, key: str) -> bool:
        """Whether a write to this object is answered with 503 SlowDown."""
        with self._lock:
            now = self.clock()
            return any(throttle.refuses(bucket, key, now) for throttle in self._throttles)
