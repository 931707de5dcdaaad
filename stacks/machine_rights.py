"""What every machine may do beside its backups: be managed, run its bundle, join, take its volume.

KMS rights for an encrypted volume: EC2 user guide, "Requirements for Amazon EBS encryption".
"""

from stacks.allow import Allow
from stacks.machine import Role
from stacks.site_arns import SiteArns

BY_TAG = "Instance and volume ids are known only once they exist; tags are the boundary."
LATE_PUT = "A late put is told from the version before it, asked for as name:version."
NO_RESOURCE = "These actions take no resource."
_OF_THE_AGENT = (
    "Most of these actions take no resource. The rest are what AWS' agent tells of its own "
    "instance, and asks of associations, whose ids are known only once they exist."
)
_OF_AWS = (
    "What AWS itself associates with a machine, such as an inventory; everybody may read these."
)
FOR_GOOD = {"StringNotEquals": {"ssm:Policies": "true"}}
"""A parameter may be given a policy that deletes it at a moment, and a deleted one counts from 1
again. AWS documents no other value of this key than "true", for a put with policies (Systems
Manager user guide, "Preventing access to Parameter Store API operations"), so none is asked for."""


def machine_rights(arns: SiteArns, role: Role) -> tuple[Allow, ...]:
    """Session Manager, the bundle and its parameters, the record, the agent's token, its volume."""
    names = arns.topology.names
    return (
        *_of_the_agent(arns),
        Allow(
            sid="Programs",
            actions=("s3:GetObject",),
            resources=(arns.assets(),),
            wildcard="Keys are content hashes, new with each bundle.",
            conditions=arns.own_account(),
        ),
        *_mirror(arns),
        Allow(
            sid="SiteParameters",
            actions=("ssm:GetParameter",),
            resources=(
                arns.parameter(names.bundle_parameter(arns.site)),
                arns.parameter(names.signal_parameter(arns.site)),
            ),
        ),
        *_record(arns),
        Allow(
            sid="AgentToken",
            actions=("secretsmanager:GetSecretValue",),
            resources=(arns.secret(names.agent_token(arns.site)),),
        ),
        *_volume_rights(arns, role),
    )


def _record(arns: SiteArns) -> tuple[Allow, ...]:
    """Both regions' copies of the record."""
    regions = (arns.topology.primary.region, arns.topology.dr.region)
    name = f"parameter{arns.topology.names.record_parameter()}"
    copies = tuple(arns.at(region, "ssm", name) for region in regions)
    return (
        Allow(sid="ReadRecord", actions=("ssm:GetParameter",), resources=copies),
        Allow(
            sid="ReadVersionBefore",
            actions=("ssm:GetParameter",),
            resources=tuple(f"{copy}:*" for copy in copies),
            wildcard=LATE_PUT,
        ),
    )


def _of_the_agent(arns: SiteArns) -> tuple[Allow, ...]:
    """What AWS' agent does on a machine."""
    document = arns.topology.names.host_document(arns.site)
    return (
        Allow(
            sid="SessionManager",
            actions=_SESSION_MANAGER,
            resources=("*",),
            wildcard=_OF_THE_AGENT,
        ),
        # The agent asks by itself only for what an association names; whatever is sent to it brings
        # its document along (amazon-ssm-agent, agent/association/service/service.go). Names that
        # begin so are AWS' own (Systems Manager API reference, CreateDocument).
        Allow(
            sid="AgentDocuments",
            actions=("ssm:DescribeDocument", "ssm:GetDocument"),
            resources=(
                arns.here("ssm", f"document/{document}"),
                *(f"arn:aws:ssm:{arns.region}:*:document/{each}*" for each in ("AWS", "Amazon")),
            ),
            wildcard=_OF_AWS,
        ),
    )


def _mirror(arns: SiteArns) -> tuple[Allow, ...]:
    """Where k3s is fetched from instead of GitHub; another account's bucket may be meant."""
    if not arns.k3s_mirror():
        return ()
    return (
        Allow(
            sid="K3sMirror",
            actions=("s3:GetObject",),
            resources=arns.k3s_mirror(),
            wildcard="Every version of k3s; what is fetched is held to its hash.",
        ),
    )


def _volume_rights(arns: SiteArns, role: Role) -> tuple[Allow, ...]:
    own = {**arns.tags("aws:ResourceTag"), "aws:ResourceTag/pgtwin:role": role}
    return (
        Allow(
            sid="FindVolume",
            actions=("ec2:DescribeVolumes",),
            resources=("*",),
            wildcard=NO_RESOURCE,
        ),
        Allow(
            sid="AttachVolume",
            actions=("ec2:AttachVolume",),
            resources=(arns.here("ec2", "volume/*"), arns.here("ec2", "instance/*")),
            wildcard=BY_TAG,
            # A server's volume has etcd and its keys: no agent gets it, even while it is free.
            conditions={"StringEquals": own},
        ),
        Allow(
            sid="VolumeKey",
            actions=("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"),
            resources=(arns.own_key,),
            conditions={"StringEquals": {"kms:ViaService": f"ec2.{arns.region}.amazonaws.com"}},
        ),
        Allow(
            sid="VolumeGrant",
            actions=("kms:CreateGrant",),
            resources=(arns.own_key,),
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    )


_SESSION_MANAGER = (
    "ssm:UpdateInstanceInformation",
    "ssm:DescribeAssociation",
    "ssm:GetManifest",
    "ssm:ListAssociations",
    "ssm:ListInstanceAssociations",
    "ssm:UpdateAssociationStatus",
    "ssm:UpdateInstanceAssociationStatus",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
)
"""AmazonSSMManagedInstanceCore without its right to read every parameter and document of the
account."""
