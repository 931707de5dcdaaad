"""The way from one region to the other's load balancer: so far, and cut where a test cuts it."""

import asyncio
from collections.abc import Callable

from drill.stream.delayed_reader import Distance
from drill.stream.listener import Listener
from drill.stream.relay import relay


class RegionPath:
    """Leads to a loopback port of the other region, over a distance in each direction.

    While it is cut no byte passes and nobody is told, as with a route that is gone: what is open
    stays open and silent, what is new gets no answer.
    """

    def __init__(self, leads_to: Callable[[], int | None], *, delay_seconds: float = 0) -> None:
        self.distance = Distance(seconds=delay_seconds)
        """May be changed at any time, for what is sent from then on."""
        self._leads_to = leads_to
        self._cut = False
        self._listener = Listener(self._serve)

    @property
    def port(self) -> int:
        """Where it begins."""
        return self._listener.port

    def cut(self) -> None:
        """Let nothing pass any more."""
        self._cut = True

    def heal(self) -> None:
        """Let it pass again. What was open meanwhile has lost bytes, so it ends."""
        self._listener.cut()
        self._cut = False

    def close(self) -> None:
        """Take it away."""
        self._listener.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            await asyncio.Event().wait()
        port = self._leads_to()
        if port is None:
            return
        there = await asyncio.open_connection("127.0.0.1", port)
        await relay(
            (reader, writer),
            there,
            distance=lambda: self.distance,
            passes=lambda: not self._cut,
        )
