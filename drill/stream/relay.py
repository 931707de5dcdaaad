"""Copies bytes both ways between two connections, each chunk so much later."""

import asyncio
import contextlib
from collections.abc import Callable

_CHUNK = 65536
_AHEAD = 256
"""Chunks on their way at most: a sender that is faster than its receiver waits, as with TCP."""


async def relay(
    here: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    there: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    *,
    delay_seconds: float = 0,
    passes: Callable[[], bool] = lambda: True,
) -> None:
    """Until one side ends; then both are closed. What does not pass is lost."""
    directions = [
        asyncio.ensure_future(_carry(source, target, delay_seconds, passes))
        for source, target in ((here[0], there[1]), (there[0], here[1]))
    ]
    try:
        await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for direction in directions:
            direction.cancel()
        here[1].close()
        there[1].close()


async def _carry(
    source: asyncio.StreamReader,
    target: asyncio.StreamWriter,
    delay_seconds: float,
    passes: Callable[[], bool],
) -> None:
    loop = asyncio.get_running_loop()
    sent: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_AHEAD)

    async def receive() -> None:
        with contextlib.suppress(OSError):
            while chunk := await source.read(_CHUNK):
                await sent.put((loop.time() + delay_seconds, chunk))
        await sent.put((loop.time() + delay_seconds, b""))

    receiving = asyncio.ensure_future(receive())
    try:
        while True:
            due, chunk = await sent.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not chunk:
                return
            if passes():
                target.write(chunk)
                await target.drain()
    except OSError:
        return
    finally:
        receiving.cancel()
