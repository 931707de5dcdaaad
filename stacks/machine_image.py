"""Ubuntu 24.04, one image until the configuration names another.

An image that each deploy looks up again would replace machines whenever Canonical publishes one. So
a template without an image takes it from a parameter that has no default: it can be reviewed, and
`cdk deploy` refuses it before it touches anything.
"""

from aws_cdk import Annotations, CfnParameter, NestedStack
from aws_cdk import aws_ec2 as ec2

from stacks.machine import Machine
from topology.site import Site

NOT_PINNED = "RunMakePinAmi"
"""The parameter's name is all that the CDK CLI says of a parameter without a value."""
_TYPE = "AWS::EC2::Image::Id"


def machine_image(scope: NestedStack, site: Site) -> ec2.IMachineImage:
    """The site's image; a configuration without one is reviewed with a warning, never deployed."""
    return ec2.MachineImage.generic_linux({site.region: site.ami or _not_pinned(scope, site)})


def own_image(machine: Machine, site: Site) -> ec2.IMachineImage | None:
    """The image of a machine that was given another than the site's."""
    if machine.ami is None or machine.ami == site.ami:
        return None
    return ec2.MachineImage.generic_linux({site.region: machine.ami})


def _not_pinned(scope: NestedStack, site: Site) -> str:
    Annotations.of(scope).add_warning_v2(
        "pgtwin:ami",
        f"No machine image is named for {site.region}, so this cannot be deployed yet - "
        "run: make pin-ami",
    )
    asked = CfnParameter(
        scope.nested_stack_parent or scope,
        NOT_PINNED,
        type=_TYPE,
        description="The configuration names no machine image - run: make pin-ami",
    )
    # Of its own type here too: the reference alone would make it any text.
    handed_on = CfnParameter(scope, "MachineImage", type=_TYPE)
    scope.set_parameter(handed_on.logical_id, asked.value_as_string)
    return handed_on.value_as_string
