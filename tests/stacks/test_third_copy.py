"""Backups that S3 copies to another account: who copies, what, and what nobody deletes by it."""

from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks

from stacks.allow import policy
from stacks.site_arns import SiteArns
from stacks.third_copy import copy_rights
from tests.stacks.judged import does
from tests.stacks.machine_cases import KEY, PRIMARY, Case, arn
from tests.stacks.synthesised import ACCOUNT, ROOT, Resource, Synthesised, synthesise
from tests.stacks.test_backup_store_templates import backups
from tests.stacks.test_mutated_policies import exchanged, without_condition, without_right
from topology.load import parse
from topology.site import SITES
from topology.third_copy import ThirdCopy
from topology.topology import Topology
from topology.yaml_file import read

OTHER, THEIRS = "444455556666", "arn:aws:s3:::copies-of-primary"
COPIES_KEY = f"arn:aws:kms:eu-central-1:{OTHER}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OBJECT = f"{PRIMARY}/physical/postgres-cluster/wals/1"
ROLE = ("pgtwin-primary-copies",)


def configured(**backups: Any) -> Topology:
    document = read(ROOT / "config/default.yaml")
    document["backups"] |= backups
    for site in SITES:
        document[site]["third_copy"] = {"bucket": f"copies-of-{site}", "key": COPIES_KEY}
    return parse(document)


def rights(**backups: Any) -> dict[str, Any]:
    topology = configured(**backups)
    copy = topology.primary.third_copy
    assert isinstance(copy, ThirdCopy)
    key = arn("kms", "eu-west-1", KEY)
    arns = SiteArns(topology=topology, site="primary", account=ACCOUNT, key=key)
    return policy(copy_rights(arns, copy))


THERE = {"aws:ResourceAccount": OTHER}
HERE_KEY = {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
THERE_KEY = {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}
ALLOWED = (
    Case(ROLE, "s3:GetReplicationConfiguration", PRIMARY),
    Case(ROLE, "s3:ListBucket", PRIMARY),
    Case(ROLE, "s3:GetObjectVersionAcl", OBJECT),
    Case(ROLE, "s3:GetObjectVersionForReplication", OBJECT),
    Case(ROLE, "s3:GetObjectVersionTagging", OBJECT),
    Case(ROLE, "kms:Decrypt", arn("kms", "eu-west-1", KEY), HERE_KEY),
    Case(ROLE, "s3:ObjectOwnerOverrideToBucketOwner", f"{THEIRS}/x", THERE),
    Case(ROLE, "s3:ReplicateObject", f"{THEIRS}/x", THERE),
    Case(ROLE, "s3:ReplicateTags", f"{THEIRS}/x", THERE),
    Case(ROLE, "kms:Encrypt", COPIES_KEY, THERE_KEY),
    Case(ROLE, "kms:GenerateDataKey", COPIES_KEY, THERE_KEY),
)
DENIED = (
    *(Case(ROLE, f"s3:{what}", f"{THEIRS}/x", THERE) for what in ("ReplicateDelete", "PutObject")),
    *(
        Case(ROLE, f"s3:{what}", where, shown)
        for what in ("DeleteObject", "DeleteObjectVersion")
        for where, shown in ((OBJECT, {}), (f"{THEIRS}/x", THERE))
    ),
    Case(ROLE, "s3:ReplicateObject", f"{PRIMARY}/x"),
    Case(ROLE, "s3:ReplicateObject", f"{THEIRS}/x", {"aws:ResourceAccount": "777788889999"}),
    Case(ROLE, "s3:ListBucket", PRIMARY, {"aws:ResourceAccount": "777788889999"}),
    Case(ROLE, "s3:GetObjectVersionAcl", OBJECT, {"aws:ResourceAccount": "777788889999"}),
    Case(ROLE, "kms:Decrypt", arn("kms", "eu-west-1", KEY), THERE_KEY),
    Case(ROLE, "kms:Decrypt", COPIES_KEY, THERE_KEY),
    Case(ROLE, "kms:Encrypt", COPIES_KEY, HERE_KEY),
)


def parts(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, str]]:
    for statement in document["Statement"]:
        for action in statement["Action"]:
            for resource in statement["Resource"]:
                yield statement, action, resource


def test_the_role_copies_and_can_do_nothing_else() -> None:
    document = rights()

    assert [case for case in ALLOWED if not does(document, case)] == []
    assert [case for case in DENIED if does(document, case)] == []


def test_every_right_of_the_role_is_needed() -> None:
    document = rights()

    assert [
        (action, resource)
        for statement, action, resource in parts(document)
        if all(does(without_right(document, statement, action, resource), each) for each in ALLOWED)
    ] == []
    assert [
        statement["Sid"]
        for statement in document["Statement"]
        if all(does(exchanged(document, statement), each) for each in ALLOWED)
    ] == []


def test_every_condition_of_the_role_refuses_something() -> None:
    document = rights()

    assert [
        (statement["Sid"], key)
        for statement in document["Statement"]
        for test, keys in statement.get("Condition", {}).items()
        for key in keys
        if not any(does(without_condition(document, statement, test, key), each) for each in DENIED)
    ] == []


def test_locks_are_copied_where_there_are_any() -> None:
    locks = [Case(ROLE, f"s3:GetObject{what}", OBJECT) for what in ("LegalHold", "Retention")]

    assert all(does(rights(object_lock_days=14), each) for each in locks)
    assert not any(does(rights(), each) for each in locks)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    """Both sites' backups are copied; a finding of the linters would be an error."""

    def judge(app: cdk.App) -> None:
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app), NIST80053R5Checks(app))

    return synthesise(configured(), tmp_path_factory.mktemp("copied"), judge)


def rule(each: Synthesised) -> Resource:
    (found,) = backups(each, "primary")["ReplicationConfiguration"]["Rules"]
    return dict(found)


def test_whatever_is_written_is_copied_and_belongs_to_the_other_account(
    copied: Synthesised,
) -> None:
    found = rule(copied)

    assert (found["Status"], found["Filter"]) == ("Enabled", {"Prefix": ""})
    assert found["SourceSelectionCriteria"]["SseKmsEncryptedObjects"]["Status"] == "Enabled"
    assert found["Destination"] == {
        "Bucket": THEIRS,
        "Account": OTHER,
        "AccessControlTranslation": {"Owner": "Destination"},
        "EncryptionConfiguration": {"ReplicaKmsKeyID": COPIES_KEY},
    }


def test_no_deletion_is_copied(copied: Synthesised) -> None:
    assert rule(copied)["DeleteMarkerReplication"] == {"Status": "Disabled"}


def test_only_s3_takes_the_role(copied: Synthesised) -> None:
    (role,) = (
        each
        for each in copied.properties("primary", "AWS::IAM::Role")
        if each.get("RoleName") == "pgtwin-primary-copies"
    )
    (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]

    assert trusted["Principal"] == {"Service": "s3.amazonaws.com"}


def test_nothing_is_copied_by_default(default: Synthesised) -> None:
    assert "ReplicationConfiguration" not in backups(default, "primary")
