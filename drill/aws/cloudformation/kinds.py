"""Every resource type that the provisioning can make."""

from drill.aws.cloudformation import (
    buckets,
    compute,
    configuration,
    identity,
    naming,
    network,
    secrets,
    security_groups,
    waiting,
    watching,
)
from drill.aws.cloudformation.kind import Kind

KINDS: dict[str, Kind] = {
    **buckets.KINDS,
    **compute.KINDS,
    **configuration.KINDS,
    **identity.KINDS,
    **naming.KINDS,
    **network.KINDS,
    **secrets.KINDS,
    **security_groups.KINDS,
    **waiting.KINDS,
    **watching.KINDS,
}
