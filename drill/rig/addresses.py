"""Where AWS is in the rig's network: addresses of the router, from the range for benchmarks (RFC
2544), which no VPC, pod or service uses; but a load balancer is in its VPC.
"""

from ipaddress import IPv4Address, IPv4Network

REGION_PORT = 443
"""Of every AWS endpoint, as the network policies have it; plain HTTP, unlike AWS."""
BALANCER_PORT = 5432
_REGIONS = IPv4Address("198.18.0.2")
INTERNET = IPv4Address("198.18.2.2")
"""Where the machines find what they need of the internet."""
USER = IPv4Address("198.18.3.2")
"""Free for what a user starts in the rig's network, such as a drill's AWS (empty_clusters.py)."""


def region(index: int) -> IPv4Address:
    """The address of a region's APIs, S3 among them."""
    return _REGIONS + index


def balancer(vpc: IPv4Network) -> IPv4Address:
    """The address of a site's load balancer: the last of its VPC that a host may have."""
    return vpc.broadcast_address - 1


def endpoint(index: int) -> str:
    """For AWS_ENDPOINT_URL."""
    return f"http://{region(index)}:{REGION_PORT}"
