"""What arrives so much later than it was sent, in its order."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass

_CHUNK = 65536
_AHEAD = 256
"""Chunks on their way at most: a sender that is faster than its receiver waits, as with TCP."""
RETRANSMITTED_SECONDS = 0.2
"""Linux waits so long at least before it sends a lost segment again (TCP_RTO_MIN, tcp.h)."""


@dataclass(frozen=True, kw_only=True)
class Distance:
    """One way, and how it treats what is under way."""

    seconds: float = 0.0
    lost_share: float = 0.0
    """Of the chunks. TCP sends a lost one again, and whatever was sent later waits for it."""

    def delay_seconds(self) -> float:
        """Of the next chunk."""
        lost = random.random() < self.lost_share  # noqa: S311
        return self.seconds + (RETRANSMITTED_SECONDS + 2 * self.seconds if lost else 0.0)


class DelayedReader:
    """Reads ahead of whoever reads from it; `close` ends that."""

    def __init__(self, source: asyncio.StreamReader, distance: Callable[[], Distance]) -> None:
        self._source = source
        self._distance = distance
        self._sent: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_AHEAD)
        self._receiving = asyncio.ensure_future(self._receive())

    async def read(self) -> bytes:
        """The next chunk, once it is due; empty at the end."""
        due, chunk = await self._sent.get()
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        return chunk

    def close(self) -> None:
        """Read no more."""
        self._receiving.cancel()

    async def _receive(self) -> None:
        with contextlib.suppress(OSError):
            while chunk := await self._source.read(_CHUNK):
                await self._send(chunk)
        await self._send(b"")

    async def _send(self, chunk: bytes) -> None:
        due = asyncio.get_running_loop().time() + self._distance().delay_seconds()
        await self._sent.put((due, chunk))
