"""Ubuntu 24.04, pinned where the configuration pins it."""

from aws_cdk import Annotations
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from topology.site import Site

CURRENT = "/aws/service/canonical/ubuntu/server/24.04/stable/current/{}/hvm/ebs-gp3/ami-id"


def machine_image(scope: Construct, site: Site) -> ec2.IMachineImage:
    """The site's image; without a pin the newest at each deploy, with a warning at synth."""
    if site.ami:
        return ec2.MachineImage.generic_linux({site.region: site.ami})
    Annotations.of(scope).add_warning_v2(
        "pgtwin:ami",
        f"The newest Ubuntu image of {site.region} is taken at each deploy, which may replace "
        "machines. Run `make pin-ami` to write today's image into the configuration.",
    )
    return ec2.MachineImage.from_ssm_parameter(CURRENT.format(site.architecture))
