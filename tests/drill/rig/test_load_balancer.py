"""A real relay on loopback, with targets that a test can take away."""

import asyncio
import contextlib
import socket
from ipaddress import IPv4Address

from drill.failure_modes import Cut
from drill.rig.load_balancer import Deployed, LoadBalancer
from drill.rig.target_health import Thresholds
from drill.stream.delayed_reader import Distance
from tests.waiting import HANGS_SECONDS

QUICK = Thresholds(healthy=1, unhealthy=1, interval_seconds=0.05, timeout_seconds=1)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


async def _target(name: bytes) -> asyncio.Server:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(name + line)
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


async def _ask(port: int) -> bytes:
    """What answers; nothing where the connection is refused or ends."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"?\n")
            line = await reader.readline()
            writer.close()
            return line
    except OSError:
        return b""


async def _until(port: int, answer: bytes) -> None:
    async with asyncio.timeout(HANGS_SECONDS):
        while await _ask(port) != answer:
            await asyncio.sleep(0.05)


def test_clients_are_led_to_the_target_that_answers() -> None:
    async def play() -> None:
        one, two = await _target(b"one"), await _target(b"two")
        targets = tuple(server.sockets[0].getsockname() for server in (one, two))
        port = _free_port()
        balancer = LoadBalancer(
            "127.0.0.1", Deployed(port=port, targets=targets, thresholds=QUICK), lambda: None
        )
        serving = asyncio.create_task(balancer.serve())
        await _until(port, b"one?\n")

        one.close()
        # Until the check has seen it, every other connection still meets the target that is gone.
        async with asyncio.timeout(HANGS_SECONDS):
            while {await _ask(port) for _ in range(4)} != {b"two?\n"}:
                await asyncio.sleep(0.05)
        serving.cancel()
        two.close()

    asyncio.run(play())


def test_a_target_that_is_deployed_later_takes_the_place_of_one_that_is_not_any_more() -> None:
    async def play() -> None:
        one, two = await _target(b"one"), await _target(b"two")
        port = _free_port()
        before, after = (
            Deployed(port=port, targets=(each.sockets[0].getsockname(),), thresholds=QUICK)
            for each in (one, two)
        )
        deployed = [before]
        balancer = LoadBalancer(
            "127.0.0.1", before, lambda: None, look=lambda: deployed[-1], look_seconds=0.05
        )
        serving = asyncio.create_task(balancer.serve())
        await _until(port, b"one?\n")

        deployed.append(after)

        # The old one still answers: it is left because it is no target any more.
        await _until(port, b"two?\n")
        assert {await _ask(port) for _ in range(4)} == {b"two?\n"}
        serving.cancel()
        one.close()
        two.close()

    asyncio.run(play())


def test_a_cut_ends_connections_and_refuses_new_ones_until_it_is_healed() -> None:
    async def play() -> None:
        cut: list[Cut] = []
        one = await _target(b"one")
        port = _free_port()
        deployed = Deployed(port=port, targets=(one.sockets[0].getsockname(),), thresholds=QUICK)
        balancer = LoadBalancer("127.0.0.1", deployed, lambda: cut[0] if cut else None)
        serving = asyncio.create_task(balancer.serve())
        await _until(port, b"one?\n")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"!\n")
        assert await reader.readline() == b"one!\n"

        cut.append("refused")
        async with asyncio.timeout(HANGS_SECONDS):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        await _until(port, b"")
        cut.clear()
        await _until(port, b"one?\n")
        writer.close()
        serving.cancel()
        one.close()

    asyncio.run(play())


def test_a_client_of_the_other_region_is_answered_later_and_one_of_this_region_at_once() -> None:
    there = IPv4Address("127.0.0.2")

    async def seconds(port: int, address: str) -> float:
        loop = asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
        began = loop.time()
        writer.write(b"?\n")
        assert await reader.readline() == b"one?\n"
        writer.close()
        return loop.time() - began

    async def play() -> tuple[float, float]:
        one = await _target(b"one")
        port = _free_port()
        balancer = LoadBalancer(
            "127.0.0.1",
            Deployed(port=port, targets=(one.sockets[0].getsockname(),), thresholds=QUICK),
            lambda: None,
            distance=lambda client: Distance(seconds=30 if client == there else 0),
        )
        serving = asyncio.create_task(balancer.serve())
        await _until(port, b"one?\n")
        here = await seconds(port, "127.0.0.1")
        away = asyncio.create_task(seconds(port, str(there)))
        _, waiting = await asyncio.wait([away], timeout=here + 1)
        away.cancel()
        serving.cancel()
        one.close()
        return here, len(waiting)

    here, waiting = asyncio.run(play())

    assert here < 30
    assert waiting == 1
