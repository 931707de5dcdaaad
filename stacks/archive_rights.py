"""Who may read and write backups.

What always holds: a site writes its own `physical*` prefix and only reads the other's; dumps are
put into both buckets; nobody deletes anything in the other site's bucket, nor a dump anywhere
(dumps expire). No lifecycle, no retention and no version is anyone's to change here. A bucket of
the same name in another account is not ours: it is neither read nor written.

S3 calls are those of barman-cloud 3.19 (`barman/cloud_providers/aws_s3.py`): its HeadBucket carries
no prefix, so a condition on s3:prefix would refuse it.
"""

from stacks.allow import Allow
from stacks.site_arns import SiteArns
from topology.names import DUMPS_PREFIX, PHYSICAL_PREFIXES
from topology.site import SiteName

WRITE = ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
ANY_OBJECT = "Keys are made by barman, k3s and pg_dump; the prefix is the boundary."
BY_ALIAS = "The key id is not known here; the alias is the boundary."


def read_rights(arns: SiteArns) -> tuple[Allow, ...]:
    """Every machine: list both buckets, read both archives, use both sites' keys through S3."""
    return (
        Allow(
            sid="ListBuckets",
            actions=("s3:ListBucket", "s3:GetBucketLocation"),
            resources=(arns.bucket(arns.site), arns.bucket(arns.other)),
            conditions=arns.own_account(),
        ),
        Allow(
            sid="ReadArchives",
            actions=("s3:GetObject",),
            resources=(
                arns.objects(arns.site, PHYSICAL_PREFIXES[arns.site]),
                arns.objects(arns.site, DUMPS_PREFIX),
                arns.objects(arns.other, PHYSICAL_PREFIXES[arns.other]),
            ),
            wildcard=ANY_OBJECT,
            conditions=arns.own_account(),
        ),
        read_key(arns, arns.site),
        read_key(arns, arns.other),
    )


def database_rights(arns: SiteArns) -> tuple[Allow, ...]:
    """Machines with database pods: write the own archive, put dumps into both buckets."""
    return (own_archive(arns), dumps(arns))


def own_archive(arns: SiteArns) -> Allow:
    """Write the site's own archive; retention deletes there."""
    return Allow(
        sid="OwnArchive",
        actions=("s3:DeleteObject", *WRITE),
        resources=(arns.objects(arns.site, PHYSICAL_PREFIXES[arns.site]),),
        wildcard=ANY_OBJECT,
        conditions=arns.own_account(),
    )


def dumps(arns: SiteArns) -> Allow:
    """Put dumps into both buckets."""
    return Allow(
        sid="Dumps",
        actions=WRITE,
        resources=(
            arns.objects(arns.site, DUMPS_PREFIX),
            arns.objects(arns.other, DUMPS_PREFIX),
        ),
        wildcard=ANY_OBJECT,
        conditions=arns.own_account(),
    )


def read_key(
    arns: SiteArns,
    site: SiteName,
    *,
    sid: str = "ArchiveKey",
    actions: tuple[str, ...] = ("kms:Decrypt", "kms:GenerateDataKey"),
) -> Allow:
    """A site's key, through S3 alone.

    The own one by ARN where that is known: an alias may take five minutes to count for a permission
    (AWS KMS developer guide, "Using aliases to control access"), and a machine archives at once.
    """
    region = arns.topology.site(site).region
    through_s3 = {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}
    sid = f"{sid}{site.capitalize()}"
    if site == arns.site and arns.key:
        return Allow(sid=sid, actions=actions, resources=(arns.key,), conditions=through_s3)
    alias = {"kms:ResourceAliases": arns.topology.names.key_alias(site)}
    return Allow(
        sid=sid,
        actions=actions,
        resources=(arns.at(region, "kms", "key/*"),),
        wildcard=BY_ALIAS,
        conditions={"ForAnyValue:StringEquals": alias, **through_s3},
    )
