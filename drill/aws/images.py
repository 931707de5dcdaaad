"""The machine images that AWS publishes and moto does not know."""

import hashlib
from datetime import UTC, datetime

from moto.ssm.models import Parameter, ssm_backends

from pgtwin.aws.ubuntu_image import PARAMETER

ARCHITECTURES = ("amd64", "arm64")


def publish_ubuntu(account: str, region: str) -> None:
    """Put Canonical's public parameters of Ubuntu 24.04 where a template looks for them.

    Emulated: the parameter, and that its value is an image id, one a region and architecture. Not
    emulated: the image; moto starts an instance from any id. Written past the API, which rightly
    refuses names below /aws to everyone but AWS.
    """
    parameters = ssm_backends[account][region]._parameters
    for architecture in ARCHITECTURES:
        name = PARAMETER.format(architecture)
        digest = hashlib.sha256(f"{region}/{architecture}".encode()).hexdigest()[:17]
        image = Parameter(
            account_id=account,
            name=name,
            value=f"ami-{digest}",
            parameter_type="String",
            description="Ubuntu 24.04",
            allowed_pattern=None,
            keyid=None,
            last_modified_date=datetime.now(UTC),
            version=1,
            data_type="aws:ec2:image",
        )
        parameters[name] = [image]
