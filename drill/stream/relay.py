"""Copies bytes both ways between two connections, over a distance."""

import asyncio
from collections.abc import Callable

from drill.stream.delayed_reader import DelayedReader, Distance

HERE = Distance()


async def relay(
    here: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    there: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    *,
    distance: Callable[[], Distance] = lambda: HERE,
    passes: Callable[[], bool] = lambda: True,
) -> None:
    """Until one side ends; then both are closed. What does not pass is lost."""
    directions = [
        asyncio.ensure_future(_carry(source, target, distance, passes))
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
    distance: Callable[[], Distance],
    passes: Callable[[], bool],
) -> None:
    reader = DelayedReader(source, distance)
    try:
        while chunk := await reader.read():
            if passes():
                target.write(chunk)
                await target.drain()
    except OSError:
        return
    finally:
        reader.close()
