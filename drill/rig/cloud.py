"""`python -m drill.rig.cloud RUN CONFIG REPOSITORY DISTANCE`: in the router, all but machines.

The embedded AWS at an address per region, the metadata service, the load balancers, the power that
EC2 gives to machines, the path between the VPCs, and the repositories of the charts. It runs until
it is killed, and is found by its cgroup. DISTANCE is that of the two regions, in seconds.
"""

import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from drill.aws.embedded_aws import EmbeddedAws
from drill.failure_modes import Cut
from drill.rig import (
    addresses,
    cgroups,
    internet,
    load_balancer,
    metadata_service,
    network,
    power,
    region_path,
)
from drill.rig.inside import kernel
from drill.rig.name import ROUTER, RigName
from drill.rig.private_names import PrivateNames
from drill.stream.delayed_reader import Distance
from drill.stream.relay import HERE
from topology.load import load
from topology.site import SITES

_POLL_SECONDS = 1.0
_START_SECONDS = 60.0


def ready_file(name: RigName) -> Path:
    """What a client of the rig's AWS needs, there once it answers."""
    return name.state / "aws.json"


def cuts_file(name: RigName) -> Path:
    """How each region is cut off, by its name."""
    return name.state / "cuts.json"


def how_cut(name: RigName) -> Mapping[str, Cut]:
    """The regions that are cut off."""
    try:
        found: dict[str, Cut] = json.loads(cuts_file(name).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found


def note_cut(name: RigName, region: str, how: Cut | None) -> None:
    """Write down how a region is cut off, or that it is not, for the load balancers."""
    cuts = {**how_cut(name), region: how}
    _tell(cuts_file(name), {region: how for region, how in cuts.items() if how})


def client(name: RigName) -> EmbeddedAws:
    """The rig's AWS, which another process runs.

    Raises:
        FileNotFoundError: where there is none.
    """
    return EmbeddedAws.running(json.loads(ready_file(name).read_text(encoding="utf-8")))


def main(arguments: Sequence[str]) -> int:
    """Serve forever."""
    name, topology = RigName(run=arguments[0]), load(Path(arguments[1]))
    regions = [topology.site(site).region for site in SITES]
    # Whoever removes the rig removes the group first: a cloud that comes too late ends here.
    cgroups.join(name.machine_cgroup(ROUTER))
    kernel.enter_network(name.namespace(ROUTER))
    at = {
        region: f"{addresses.region(index)}:{addresses.REGION_PORT}"
        for index, region in enumerate(regions)
    }
    aws = EmbeddedAws(regions, log=name.state / "log/aws.log", addresses=at)
    aws.start()
    metadata_service.serve(aws)
    vpcs = {
        region: IPv4Network(topology.site(site).cidr)
        for region, site in zip(regions, SITES, strict=True)
    }
    balancers = {region: addresses.balancer(vpc) for region, vpc in vpcs.items()}
    internet.serve(
        resolvers={
            network.gateway(vpc): PrivateNames(aws, region, balancers).address
            for region, vpc in vpcs.items()
        },
        address=addresses.INTERNET,
        repository=Path(arguments[2]),
    )
    threading.Thread(target=power.follow, args=(name, aws), daemon=True).start()
    if topology.streams:
        threading.Thread(target=region_path.follow, args=(name, aws, vpcs), daemon=True).start()
    _tell(ready_file(name), aws.ready)
    away = Distance(seconds=float(arguments[3]) / 2)
    asyncio.run(_balance(name, aws, vpcs, away))
    return 0


async def _balance(
    name: RigName, aws: EmbeddedAws, vpcs: Mapping[str, IPv4Network], away: Distance
) -> None:
    """Serve a load balancer per region, each from the moment at which it is deployed."""
    await asyncio.gather(
        *(_balance_region(name, aws, region, vpc, away) for region, vpc in vpcs.items())
    )


async def _balance_region(
    name: RigName, aws: EmbeddedAws, region: str, vpc: IPv4Network, away: Distance
) -> None:
    elb, ec2 = aws.client("elbv2", region), aws.client("ec2", region)

    def address_of(instance: str) -> str:
        found = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
        return str(found[0]["Instances"][0]["PrivateIpAddress"])

    while (deployed := await asyncio.to_thread(load_balancer.find, elb, address_of)) is None:
        await asyncio.sleep(_POLL_SECONDS)

    def look() -> load_balancer.Deployed | None:
        try:
            return load_balancer.find(elb, address_of)
        except (BotoCoreError, ClientError, LookupError):
            return None  # the region is cut off, or an instance is just being replaced

    await load_balancer.LoadBalancer(
        str(addresses.balancer(vpc)),
        deployed,
        lambda: how_cut(name).get(region),
        distance=lambda client: HERE if client in vpc else away,
        look=look,
    ).serve()


def _tell(file: Path, document: Mapping[str, Any]) -> None:
    making = file.with_suffix(".new")
    making.write_text(json.dumps(document), encoding="utf-8")
    os.replace(making, file)


def await_ready(name: RigName) -> EmbeddedAws:
    """Wait until another process serves the rig's AWS.

    Raises:
        TimeoutError: when it does not, naming its log.
    """
    deadline = time.monotonic() + _START_SECONDS
    while not ready_file(name).exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the rig's AWS did not start; see {name.state / 'log'}")
        time.sleep(0.1)
    return client(name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
