"""The metadata service at 169.254.169.254, for every machine of the rig and the pods on it.

One listener in the router: whoever asks is known by the address that the question comes from, and a
pod's question comes from its machine's.
"""

import threading

from drill.aws.embedded_aws import EmbeddedAws
from drill.aws.imds import Metadata, MetadataHandler
from drill.http_service import HttpService
from drill.rig.network import METADATA

_PORT = 80


def serve(aws: EmbeddedAws) -> None:
    """Answer from now on, in a thread."""
    known: dict[str, Metadata] = {}
    lock = threading.Lock()

    class Handler(MetadataHandler):
        def machine(self) -> Metadata:
            address = str(self.client_address[0])
            with lock:
                if address not in known:
                    known[address] = _find(aws, address)
                return known[address]

    HttpService(Handler, address=(str(METADATA), _PORT)).start()


def _find(aws: EmbeddedAws, address: str) -> Metadata:
    wanted = [{"Name": "private-ip-address", "Values": [address]}]
    for region in aws.regions:
        groups = aws.client("ec2", region).describe_instances(Filters=wanted)["Reservations"]
        for instance in (each for group in groups for each in group["Instances"]):
            return Metadata(aws, region=region, instance=instance["InstanceId"])
    raise LookupError(f"no machine has the address {address}")
