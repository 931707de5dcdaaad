"""The load balancer of a site, with the listener, targets and health check that are deployed.

TCP only, a relay of this process. A connection stays with its target until one end closes it, also
when the target becomes unhealthy, as with the deployed one. While the region is cut off, nothing is
accepted and open connections end (or fall silent, where the cut swallows).

The deployed one passes packets on, so that a client's own TCP options notice a machine that fell
silent. A relay acknowledges in the machine's place; so it waits for the machine as the drill's
clients do, and then ends the client's connection.
"""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from drill.failure_modes import Cut
from drill.rig.target_health import TargetHealth, Thresholds, in_use
from drill.stream.delayed_reader import DelayedReader, Distance
from drill.stream.relay import HERE
from drill.traffic.endpoint import KEEPALIVES, SILENT_SECONDS

_CONNECT_SECONDS = 10.0
_CUT_POLL_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What the template made of a load balancer."""

    port: int
    targets: tuple[tuple[str, int], ...]
    """Address and port."""
    thresholds: Thresholds


def find(elb: Any, address_of: Callable[[str], str]) -> Deployed | None:
    """The region's first load balancer with a listener; None before it is deployed."""
    for balancer in elb.describe_load_balancers()["LoadBalancers"]:
        arn = balancer["LoadBalancerArn"]
        for listener in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
            group = listener["DefaultActions"][0]["TargetGroupArn"]
            return Deployed(
                port=listener["Port"],
                targets=_targets(elb, group, address_of),
                thresholds=_thresholds(elb, group),
            )
    return None


class LoadBalancer:
    """Relays from one address to the healthy targets."""

    def __init__(
        self,
        address: str,
        deployed: Deployed,
        how_cut: Callable[[], Cut | None],
        *,
        distance: Callable[[IPv4Address], Distance] = lambda _: HERE,
        look: Callable[[], Deployed | None] = lambda: None,
        look_seconds: float = 5.0,
    ) -> None:
        """`distance` is how far a client's address is away; `look` says what is deployed by now.

        It is asked every `look_seconds`, since a machine that is replaced is another target; None
        leaves everything as it is.
        """
        self._distance = distance
        self._look = look
        self._look_seconds = look_seconds
        self._address = address
        self._deployed = deployed
        self._how_cut = how_cut
        self._health: dict[str, TargetHealth] = {}
        self._checks: dict[str, asyncio.Task[None]] = {}
        self._turns = itertools.count()
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Check and relay forever."""
        self._lead_to(self._deployed.targets)
        looks = asyncio.create_task(self._follow_deployments())
        while True:
            server = await asyncio.start_server(
                self._accept, self._address, self._deployed.port, reuse_address=True
            )
            await self._until(lambda: self._how_cut() is not None)
            if self._how_cut() != "swallowed":
                server.close()
                for task in list(self._open):
                    task.cancel()
            await self._until(lambda: self._how_cut() is None)
            server.close()
        await looks

    async def _follow_deployments(self) -> None:
        while True:
            await asyncio.sleep(self._look_seconds)
            if found := await asyncio.to_thread(self._look):
                self._lead_to(found.targets)

    def _lead_to(self, targets: tuple[tuple[str, int], ...]) -> None:
        named = {f"{host}:{port}": (host, port) for host, port in targets}
        for name in self._checks.keys() - named.keys():
            self._checks.pop(name).cancel()
            del self._health[name]
        for name in named.keys() - self._checks.keys():
            self._health[name] = TargetHealth()
            self._checks[name] = asyncio.create_task(self._check(*named[name]))

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            await asyncio.sleep(_CUT_POLL_SECONDS)

    async def _check(self, host: str, port: int) -> None:
        thresholds = self._deployed.thresholds
        while True:
            try:
                async with asyncio.timeout(thresholds.timeout_seconds):
                    _, writer = await asyncio.open_connection(host, port)
                writer.close()
                answered = True
            except OSError:
                answered = False
            name = f"{host}:{port}"
            self._health[name] = self._health[name].after(answered=answered, thresholds=thresholds)
            await asyncio.sleep(thresholds.interval_seconds)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._open.add(task)
        try:
            await self._relay(reader, writer)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._open.discard(task) if task else None

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._until(lambda: self._how_cut() is None)
        names = in_use(self._health)
        host, _, port = names[next(self._turns) % len(names)].partition(":")
        async with asyncio.timeout(_CONNECT_SECONDS):
            back_reader, back_writer = await asyncio.open_connection(host, int(port))
        _notice_silence(back_writer.get_extra_info("socket"))
        distance = self._distance(IPv4Address(writer.get_extra_info("peername")[0]))
        forth, back = (DelayedReader(each, lambda: distance) for each in (reader, back_reader))
        try:
            await asyncio.gather(self._pump(forth, back_writer), self._pump(back, writer))
        finally:
            forth.close()
            back.close()
            back_writer.transport.abort()
            writer.close()

    async def _pump(self, source: DelayedReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read():
            await self._until(lambda: self._how_cut() is None)
            target.write(data)
            await target.drain()
        with contextlib.suppress(OSError):
            target.write_eof()


def _notice_silence(connection: socket.socket) -> None:
    options = {
        socket.TCP_KEEPIDLE: KEEPALIVES["keepalives_idle"],
        socket.TCP_KEEPINTVL: KEEPALIVES["keepalives_interval"],
        socket.TCP_KEEPCNT: KEEPALIVES["keepalives_count"],
        socket.TCP_USER_TIMEOUT: SILENT_SECONDS * 1000,
    }
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in options.items():
        connection.setsockopt(socket.IPPROTO_TCP, option, value)


def _targets(elb: Any, group: str, address_of: Callable[[str], str]) -> tuple[tuple[str, int], ...]:
    found = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    targets = [each["Target"] for each in found]
    return tuple((address_of(target["Id"]), int(target["Port"])) for target in targets)


def _thresholds(elb: Any, group: str) -> Thresholds:
    found = elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]
    return Thresholds(
        healthy=int(found.get("HealthyThresholdCount") or 5),
        unhealthy=int(found.get("UnhealthyThresholdCount") or 2),
        interval_seconds=float(found.get("HealthCheckIntervalSeconds") or 30),
        timeout_seconds=float(found.get("HealthCheckTimeoutSeconds") or 10),
    )
