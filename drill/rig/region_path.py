"""The path between the two VPCs: there while the deployed peering and its routes lead over it.

Always true: without it no packet of a machine of one VPC reaches the other's, as in AWS. A cut is
another rule, so neither undoes the other.
"""

import logging
import time
from collections.abc import Mapping
from ipaddress import IPv4Network

from botocore.exceptions import BotoCoreError, ClientError

from drill.aws.embedded_aws import EmbeddedAws
from drill.rig.cuts import UNLINKED, Cuts
from drill.rig.name import RigName
from drill.stream import peering

_WATCH_SECONDS = 2.0
_log = logging.getLogger(__name__)


def follow(name: RigName, aws: EmbeddedAws, vpcs: Mapping[str, IPv4Network]) -> None:
    """Open and close the path as AWS says, forever; `vpcs` by region, two of them."""
    rules = Cuts(name, preference=UNLINKED)
    one, other = vpcs.values()
    is_open = False
    while True:
        try:
            leads = all(
                peering.leads(aws.client("ec2", region), str(cidr))
                for region in vpcs
                for there, cidr in vpcs.items()
                if there != region
            )
        except (BotoCoreError, ClientError):
            leads = is_open  # a region is cut off: nobody can change its routes
        if leads != is_open:
            rules.heal() if leads else rules.cut(one, other, "drop")
            _log.warning("the path between the VPCs is %s", "open" if leads else "closed")
        is_open = leads
        time.sleep(_WATCH_SECONDS)
