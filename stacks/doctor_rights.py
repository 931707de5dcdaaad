"""What `pgtwin doctor` looks at beside what a reader sees: whether things of these names are there.

What always holds: no value of a secret is read, and nothing of another system but that it is there.
Not an operator's: a role takes 10,240 characters of policy, and whoever deploys has more rights.
"""

from stacks.allow import Allow
from stacks.archive_rights import BY_ALIAS
from stacks.machine_rights import BY_TAG, NO_RESOURCE
from stacks.site_arns import SiteArns


def doctor_rights(arns: tuple[SiteArns, ...]) -> tuple[Allow, ...]:
    """The rows over both sites."""
    names = arns[0].topology.names
    return (
        *_public_buckets(arns),
        Allow(
            sid="FindOffersAndVolumes",
            actions=(
                "ec2:DescribeAddresses",
                "ec2:DescribeInstanceTypeOfferings",
                "ec2:DescribeVolumes",
                "ec2:DescribeVpcs",
            ),
            resources=("*",),
            wildcard=NO_RESOURCE,
        ),
        Allow(
            sid="FindLogBuckets",
            actions=("s3:ListBucket",),
            resources=tuple(each.log_bucket() for each in arns),
            conditions=arns[0].own_account(),
        ),
        Allow(
            sid="FindStacks",
            actions=("cloudformation:DescribeStacks",),
            resources=tuple(
                each.here("cloudformation", f"stack/{names.stack(each.site)}/*") for each in arns
            ),
            wildcard="AWS ends a stack's ARN with an id of its own.",
        ),
        Allow(
            sid="FindSecrets",
            actions=("secretsmanager:DescribeSecret",),
            resources=tuple(each.secrets() for each in arns),
            wildcard="All secrets of the system begin with its name; no value is read.",
        ),
        Allow(
            sid="FindKeys",
            actions=("kms:DescribeKey",),
            resources=tuple(each.here("kms", "key/*") for each in arns),
            wildcard=BY_ALIAS,
            conditions={
                "ForAnyValue:StringEquals": {
                    "kms:ResourceAliases": [names.key_alias(each.site) for each in arns]
                }
            },
        ),
        Allow(
            sid="FindReceivers",
            actions=("sns:ListSubscriptionsByTopic",),
            resources=tuple(each.here("sns", names.alarm_topic(each.site)) for each in arns),
        ),
        *(
            Allow(
                sid=f"LookAtMachines{each.site.capitalize()}",
                actions=("ec2:DescribeInstanceAttribute",),
                resources=(each.here("ec2", "instance/*"),),
                wildcard=BY_TAG,
                conditions={"StringEquals": each.tags("aws:ResourceTag")},
            )
            for each in arns
        ),
    )


def _public_buckets(arns: tuple[SiteArns, ...]) -> tuple[Allow, ...]:
    """Whether the account lets any bucket be public, and what the public gets of an issuer's."""
    buckets = [each.topology.site(each.site).issuer_bucket for each in arns]
    issuers = tuple(f"arn:aws:s3:::{bucket}" for bucket in buckets if bucket)
    if not issuers:
        return ()
    return (
        Allow(
            sid="FindPublicBlock",
            actions=("s3:GetAccountPublicAccessBlock",),
            resources=("*",),
            wildcard=NO_RESOURCE,
        ),
        Allow(sid="FindIssuers", actions=("s3:ListBucket",), resources=issuers),
    )
