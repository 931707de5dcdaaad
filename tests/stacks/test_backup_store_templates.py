"""What holds the backups, and what happens to them."""

from collections.abc import Callable

import pytest

from tests.stacks.synthesised import ACCOUNT, Resource, Synthesised
from topology.site import SITES, SiteName

site_of = pytest.mark.parametrize("site", SITES)


def backups(each: Synthesised, site: SiteName) -> Resource:
    name = each.topology.names.bucket(each.topology.site(site).bucket, ACCOUNT)
    (bucket,) = [
        bucket
        for bucket in each.properties(site, "AWS::S3::Bucket")
        if bucket["BucketName"] == name
    ]
    return bucket


@site_of
def test_encrypts_backups_with_a_rotating_key_of_the_site(
    each: Synthesised, site: SiteName
) -> None:
    (rule,) = backups(each, site)["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    (key,) = each.properties(site, "AWS::KMS::Key")
    (alias,) = each.properties(site, "AWS::KMS::Alias")

    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["BucketKeyEnabled"] is True
    assert key["EnableKeyRotation"] is True
    assert alias["AliasName"] == each.topology.names.key_alias(site)


@site_of
def test_keeps_every_version_and_every_access(each: Synthesised, site: SiteName) -> None:
    bucket = backups(each, site)

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "DestinationBucketName" in bucket["LoggingConfiguration"]


@site_of
def test_blocks_public_access_to_every_bucket(each: Synthesised, site: SiteName) -> None:
    for bucket in each.properties(site, "AWS::S3::Bucket"):
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4


@site_of
def test_refuses_every_request_without_tls(each: Synthesised, site: SiteName) -> None:
    policies = each.properties(site, "AWS::S3::BucketPolicy")
    assert len(policies) == len(each.resources(site, "AWS::S3::Bucket"))
    for policy in policies:
        assert any(
            statement["Effect"] == "Deny"
            and statement["Principal"] == {"AWS": "*"}
            and statement["Action"] == "s3:*"
            and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            for statement in policy["PolicyDocument"]["Statement"]
        )


@site_of
def test_never_expires_what_barman_keeps(each: Synthesised, site: SiteName) -> None:
    for rule in backups(each, site)["LifecycleConfiguration"]["Rules"]:
        if {"ExpirationInDays", "ExpirationDate"} & rule.keys():
            assert rule["Prefix"] == "dumps/"


@site_of
def test_expires_dumps_after_their_retention(each: Synthesised, site: SiteName) -> None:
    rules = backups(each, site)["LifecycleConfiguration"]["Rules"]

    days = [rule.get("ExpirationInDays") for rule in rules if rule.get("Prefix") == "dumps/"]

    assert days == [each.topology.backups.dump_retention_days]


@site_of
def test_clears_deleted_versions_and_abandoned_uploads(each: Synthesised, site: SiteName) -> None:
    rules = [
        rule
        for rule in backups(each, site)["LifecycleConfiguration"]["Rules"]
        if "Prefix" not in rule
    ]

    assert any("NoncurrentVersionExpiration" in rule for rule in rules)
    assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)


@site_of
@pytest.mark.parametrize(
    "kind",
    [
        "AWS::S3::Bucket",
        "AWS::KMS::Key",
        "AWS::KMS::Alias",
        "AWS::SecretsManager::Secret",
        "AWS::EC2::Volume",
    ],
)
def test_outlives_its_stack_and_not_a_creation_that_failed(
    each: Synthesised, site: SiteName, kind: str
) -> None:
    resources = each.resources(site, kind)

    assert resources
    for resource in resources:
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"


def test_locks_backups_when_asked_to(changed: Callable[..., Synthesised]) -> None:
    locked = backups(changed(backups__object_lock_days=14), "primary")

    assert locked["ObjectLockEnabled"] is True
    assert locked["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {
        "Days": 14,
        "Mode": "COMPLIANCE",
    }


def test_locks_nothing_by_default(default: Synthesised) -> None:
    assert "ObjectLockEnabled" not in backups(default, "primary")
