"""What a site's pods may do, in roles of their own: each has what its programs call, and no more.

What always holds: a database pod neither reads nor writes a dump, and the dump's pod neither reads
nor writes an archive. A token is of one service account; which one is of whom, its trust says.
"""

from typing import Any

from stacks.allow import Allow
from stacks.archive_rights import ANY_OBJECT, dumps, own_archive, read_key
from stacks.site_arns import SiteArns
from topology.names import DUMPS_PREFIX, PHYSICAL_PREFIXES, POSTGRES_NAMESPACE

AUDIENCE = "sts.amazonaws.com"
"""Whom a token has to be made for; no other program takes one that is."""
DUMP_ACCOUNT = "dump"
"""The service account of the dump's pods."""


def database_pod_rights(arns: SiteArns) -> tuple[Allow, ...]:
    """What barman calls: write the own archive, read both."""
    return (
        Allow(
            sid="ListBuckets",
            actions=("s3:ListBucket",),
            resources=(arns.bucket(arns.site), arns.bucket(arns.other)),
            conditions=arns.own_account(),
        ),
        Allow(
            sid="ReadArchives",
            actions=("s3:GetObject",),
            resources=tuple(
                arns.objects(site, PHYSICAL_PREFIXES[site]) for site in (arns.site, arns.other)
            ),
            wildcard=ANY_OBJECT,
            conditions=arns.own_account(),
        ),
        own_archive(arns),
        read_key(arns, arns.site),
        read_key(arns, arns.other, actions=("kms:Decrypt",)),
    )


def dump_pod_rights(arns: SiteArns) -> tuple[Allow, ...]:
    """Put dumps into both buckets, fetch those of the own one."""
    return (
        Allow(
            sid="ListDumps",
            actions=("s3:ListBucket",),
            resources=(arns.bucket(arns.site),),
            conditions={**arns.own_account(), "StringLike": {"s3:prefix": f"{DUMPS_PREFIX}/*"}},
        ),
        Allow(
            sid="ReadDumps",
            actions=("s3:GetObject",),
            resources=(arns.objects(arns.site, DUMPS_PREFIX),),
            wildcard=ANY_OBJECT,
            conditions=arns.own_account(),
        ),
        dumps(arns),
        read_key(arns, arns.site),
        read_key(arns, arns.other),
    )


def database_trust(issuer: str, provider: str) -> dict[str, Any]:
    """Every account of the namespace but the dump's and the one of pods that name none.

    A Cluster has an account of its own name (cloudnative-pg v1.30.0 pkg/specs/serviceaccount.go),
    and so has each restore. Only the operators and the servers make pods there.
    """
    others = [_account(each) for each in (DUMP_ACCOUNT, "default")]
    return _trust(
        issuer,
        provider,
        {
            "StringLike": {f"{issuer}:sub": _account("*")},
            "StringNotEquals": {f"{issuer}:sub": others},
        },
    )


def dump_trust(issuer: str, provider: str) -> dict[str, Any]:
    """The dump's account alone."""
    return _trust(issuer, provider, {"StringEquals": {f"{issuer}:sub": _account(DUMP_ACCOUNT)}})


def _trust(issuer: str, provider: str, of: dict[str, Any]) -> dict[str, Any]:
    audience = {f"{issuer}:aud": AUDIENCE}
    condition = {**of, "StringEquals": {**of.get("StringEquals", {}), **audience}}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _account(name: str) -> str:
    return f"system:serviceaccount:{POSTGRES_NAMESPACE}:{name}"
