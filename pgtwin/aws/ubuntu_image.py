"""Canonical's newest Ubuntu image, which it names in public parameters of every region."""

from pgtwin.aws.clients import Clients
from topology.instance_types import Architecture

PARAMETER = "/aws/service/canonical/ubuntu/server/24.04/stable/current/{}/hvm/ebs-gp3/ami-id"
"""By architecture."""


def ubuntu_image(clients: Clients, architecture: Architecture) -> str:
    """The id of today's Ubuntu 24.04 image in the region."""
    name = PARAMETER.format(architecture)
    return clients.ask(
        "ssm",
        f"ask Canonical's parameters in {clients.region}",
        lambda ssm: str(ssm.get_parameter(Name=name)["Parameter"]["Value"]),
    )
