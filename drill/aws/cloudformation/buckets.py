"""Buckets and their policies."""

import json
from typing import Any

from drill.aws.cloudformation.kind import Kind, Made, Properties, chosen


def _bucket(s3: Any, properties: Properties, name: str) -> Made:
    region = s3.meta.region_name
    s3.create_bucket(
        Bucket=name,
        CreateBucketConfiguration={"LocationConstraint": region},
        ObjectLockEnabledForBucket=properties.get("ObjectLockEnabled", False),
    )
    _configure(s3, name, properties)
    if "ReplicationConfiguration" in properties:
        _replicate(s3, name, properties["ReplicationConfiguration"])
    return Made(
        id=name,
        attributes={
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        },
    )


def _configure(s3: Any, name: str, properties: Properties) -> None:
    if "VersioningConfiguration" in properties:
        s3.put_bucket_versioning(
            Bucket=name, VersioningConfiguration=properties["VersioningConfiguration"]
        )
    if "BucketEncryption" in properties:
        _encrypt(s3, name, properties["BucketEncryption"])
    if "PublicAccessBlockConfiguration" in properties:
        s3.put_public_access_block(
            Bucket=name,
            PublicAccessBlockConfiguration=properties["PublicAccessBlockConfiguration"],
        )
    if "OwnershipControls" in properties:
        s3.put_bucket_ownership_controls(
            Bucket=name, OwnershipControls=properties["OwnershipControls"]
        )
    if "LifecycleConfiguration" in properties:
        rules = [_lifecycle_rule(rule) for rule in properties["LifecycleConfiguration"]["Rules"]]
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    if "ObjectLockConfiguration" in properties:
        s3.put_object_lock_configuration(
            Bucket=name, ObjectLockConfiguration=properties["ObjectLockConfiguration"]
        )
    if properties.get("Tags"):
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": properties["Tags"]})


def _encrypt(s3: Any, name: str, encryption: Properties) -> None:
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
            **chosen(rule, "BucketKeyEnabled"),
        }
        for rule in encryption["ServerSideEncryptionConfiguration"]
    ]
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})


def _reconfigure(s3: Any, name: str, properties: Properties) -> None:
    _configure(s3, name, properties)
    if "ReplicationConfiguration" not in properties:
        s3.delete_bucket_replication(Bucket=name)
    else:
        _replicate(s3, name, properties["ReplicationConfiguration"])


def _replicate(s3: Any, name: str, configuration: Properties) -> None:
    """By a template's rules, whose ids the API writes in capitals."""
    rules = [
        {("ID" if key == "Id" else key): value for key, value in rule.items()}
        for rule in configuration["Rules"]
    ]
    s3.put_bucket_replication(
        Bucket=name, ReplicationConfiguration={**configuration, "Rules": rules}
    )


def _lifecycle_rule(rule: Properties) -> Properties:
    """A template's rule in the API's form, where expirations are structures and not numbers."""
    expiration = {
        api: rule[template]
        for template, api in (
            ("ExpirationInDays", "Days"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if template in rule
    }
    made = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    made |= {"ID": rule["Id"]} if "Id" in rule else {}
    made |= {"Expiration": expiration} if expiration else {}
    abort = "AbortIncompleteMultipartUpload"
    made |= chosen(rule, abort, "NoncurrentVersionExpiration")
    return made


def _put_policy(s3: Any, id: str, properties: Properties) -> None:
    s3.put_bucket_policy(
        Bucket=properties["Bucket"], Policy=json.dumps(properties["PolicyDocument"])
    )


def _policy(s3: Any, properties: Properties, name: str) -> Made:
    _put_policy(s3, "", properties)
    return Made(id=properties["Bucket"])


KINDS = {
    "AWS::S3::Bucket": Kind(
        service="s3",
        exists=lambda s3, id, _: s3.head_bucket(Bucket=id),
        create=_bucket,
        update=_reconfigure,
        delete=lambda s3, id, _: s3.delete_bucket(Bucket=id),
        name="BucketName",
        without_effect=frozenset({"AccessControl", "LoggingConfiguration"}),
    ),
    "AWS::S3::BucketPolicy": Kind(
        service="s3",
        exists=lambda s3, id, _: s3.get_bucket_policy(Bucket=id),
        create=_policy,
        update=_put_policy,
        delete=lambda s3, id, _: s3.delete_bucket_policy(Bucket=id),
    ),
}
