"""A site as an issuer, and the roles of its pods: who takes them, and what they may."""

from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks

from drill.aws.web_identity import Identity
from drill.aws.web_identity_roles import trusts
from stacks.allow import policy
from stacks.issuer import DOCUMENTS, issuer_rights
from stacks.people_rights import people_rights
from stacks.pod_rights import (
    database_pod_rights,
    database_trust,
    dump_pod_rights,
    dump_trust,
)
from stacks.site_arns import SiteArns
from tests.stacks.judged import does
from tests.stacks.machine_cases import EW1, KEY, SERVER, Case, arn
from tests.stacks.pod_cases import ALLOWED, DATABASE, DENIED, DUMPS
from tests.stacks.synthesised import ACCOUNT, ROOT, Synthesised, synthesise
from tests.stacks.test_mutated_policies import exchanged, without_condition, without_right
from topology.load import load, parse
from topology.site import SITES
from topology.topology import Topology
from topology.yaml_file import read

ISSUER = "issuer-of-primary.s3.eu-west-1.amazonaws.com"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"


def issuing() -> Topology:
    document = read(ROOT / "config/default.yaml")
    for site in SITES:
        document[site]["issuer_bucket"] = f"issuer-of-{site}"
    return parse(document)


ARNS = SiteArns(topology=issuing(), site="primary", account=ACCOUNT, key=arn("kms", EW1, KEY))
RIGHTS: dict[str, dict[str, Any]] = {
    DATABASE: policy(database_pod_rights(ARNS)),
    DUMPS: policy(dump_pod_rights(ARNS)),
}
of_role = pytest.mark.parametrize("role", RIGHTS)


def cases(role: str, among: tuple[Case, ...]) -> list[Case]:
    return [case for case in among if role in case.roles]


@of_role
def test_a_pod_does_its_work_and_nothing_else(role: str) -> None:
    assert [case for case in cases(role, ALLOWED) if not does(RIGHTS[role], case)] == []
    assert [case for case in cases(role, DENIED) if does(RIGHTS[role], case)] == []


@of_role
def test_every_right_of_a_pod_is_needed(role: str) -> None:
    document, work = RIGHTS[role], cases(role, ALLOWED)

    assert [
        (action, resource)
        for statement in document["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
        if all(does(without_right(document, statement, action, resource), each) for each in work)
    ] == []
    assert [
        statement["Sid"]
        for statement in document["Statement"]
        if all(does(exchanged(document, statement), each) for each in work)
    ] == []


@of_role
def test_every_condition_of_a_pods_rights_refuses_something(role: str) -> None:
    document, refused = RIGHTS[role], cases(role, DENIED)

    assert [
        (statement["Sid"], key)
        for statement in document["Statement"]
        for test, keys in statement.get("Condition", {}).items()
        for key in keys
        if not any(
            does(without_condition(document, statement, test, key), each) for each in refused
        )
    ] == []


def pod(account: str, audience: str = "sts.amazonaws.com", issuer: str = ISSUER) -> Identity:
    subject = f"system:serviceaccount:{account}"
    return Identity(issuer=issuer, subject=subject, audiences=(audience,))


@pytest.mark.parametrize(
    ("account", "database", "dump"),
    [
        ("postgres:postgres-cluster", True, False),
        ("postgres:verify-20261127", True, False),
        ("postgres:dump", False, True),
        ("postgres:default", False, False),
        ("cnpg-system:cnpg-manager", False, False),
        ("postgres2:postgres-cluster", False, False),
        ("kube-system:default", False, False),
    ],
)
def test_a_role_is_for_the_service_accounts_of_its_kind(
    account: str, database: bool, dump: bool
) -> None:
    assert trusts(database_trust(ISSUER, PROVIDER), PROVIDER, pod(account)) is database
    assert trusts(dump_trust(ISSUER, PROVIDER), PROVIDER, pod(account)) is dump


@pytest.mark.parametrize("trust", [database_trust, dump_trust])
def test_a_token_for_another_audience_or_of_another_site_takes_no_role(trust: Any) -> None:
    account = "postgres:dump" if trust is dump_trust else "postgres:postgres-cluster"
    other = ISSUER.replace("primary", "dr")
    theirs = PROVIDER.replace("primary", "dr")

    assert trusts(trust(ISSUER, PROVIDER), PROVIDER, pod(account))
    assert not trusts(trust(ISSUER, PROVIDER), PROVIDER, pod(account, "k3s"))
    assert not trusts(trust(ISSUER, PROVIDER), theirs, pod(account, issuer=other))


@pytest.fixture(scope="module")
def issuers(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    """Both sites are issuers; a finding of the linters would be an error."""

    def judge(app: cdk.App) -> None:
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app), NIST80053R5Checks(app))

    return synthesise(issuing(), tmp_path_factory.mktemp("issuing"), judge)


def test_two_keys_of_the_issuers_bucket_are_public_and_servers_alone_write(
    issuers: Synthesised,
) -> None:
    (found,) = [
        each["PolicyDocument"]["Statement"]
        for each in issuers.properties("primary", "AWS::S3::BucketPolicy")
        if any(one.get("Sid") == "EverybodyReads" for one in each["PolicyDocument"]["Statement"])
    ]
    by_sid = {each["Sid"]: each for each in found if "Sid" in each}
    reads, writes = by_sid["EverybodyReads"], by_sid["ServersAloneWrite"]

    assert (reads["Principal"], reads["Action"]) == ("*", "s3:GetObject")
    assert [each["Fn::Join"][1][1] for each in reads["Resource"]] == [f"/{e}" for e in DOCUMENTS]
    assert (writes["Effect"], writes["Action"], writes["Principal"]) == (
        "Deny",
        "s3:PutObject",
        "*",
    )
    role = f"arn:aws:iam::{ACCOUNT}:role/{SERVER}"
    assert writes["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": role}}
    assert any("s3:*" in each["Action"] and each["Effect"] == "Deny" for each in found)


def test_no_acl_makes_an_issuers_bucket_public(issuers: Synthesised) -> None:
    for site in SITES:
        (bucket,) = [
            each
            for each in issuers.properties(site, "AWS::S3::Bucket")
            if each["BucketName"] == f"issuer-of-{site}"
        ]
        assert bucket["PublicAccessBlockConfiguration"] == {
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": False,
            "RestrictPublicBuckets": False,
        }


def test_machines_wait_for_the_issuer(issuers: Synthesised) -> None:
    for site in SITES:
        stacks = {
            name: each
            for name, template in issuers.templates(site).items()
            for name, each in template["Resources"].items()
            if each["Type"] == "AWS::CloudFormation::Stack"
        }
        (hosts,) = [each for name, each in stacks.items() if name.startswith("DatabaseHosts")]

        assert any(name.startswith("PodRoles") for name in hosts["DependsOn"])


def test_each_site_trusts_its_own_issuer(issuers: Synthesised) -> None:
    for site in SITES:
        region = issuers.topology.site(site).region
        (provider,) = issuers.properties(site, "AWS::IAM::OIDCProvider")

        assert provider == {
            "Url": f"https://issuer-of-{site}.s3.{region}.amazonaws.com",
            "ClientIdList": ["sts.amazonaws.com"],
        }


def test_a_server_writes_the_two_documents_where_its_site_is_an_issuer() -> None:
    document = policy(issuer_rights(issuing(), "primary"))

    for key in DOCUMENTS:
        assert does(document, Case((), "s3:PutObject", f"arn:aws:s3:::issuer-of-primary/{key}"))
    assert not does(document, Case((), "s3:PutObject", "arn:aws:s3:::issuer-of-primary/x"))
    assert not does(document, Case((), "s3:DeleteObject", f"arn:aws:s3:::issuer-of-dr/{key}"))
    assert issuer_rights(load(ROOT / "config/default.yaml"), "primary") == ()


def test_an_operator_fences_the_pods_of_an_issuer_as_well() -> None:
    operator = policy(people_rights(issuing(), ACCOUNT)["operator"])
    without = policy(people_rights(load(ROOT / "config/default.yaml"), ACCOUNT)["operator"])

    for name in (DATABASE, DUMPS, "pgtwin-dr-database", "pgtwin-dr-dump"):
        fence = Case((), "iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/{name}")
        assert does(operator, fence)
        assert not does(without, fence)


def test_a_reader_sees_whether_the_account_lets_a_bucket_be_public() -> None:
    reader = policy(people_rights(issuing(), ACCOUNT)["reader"])

    assert does(reader, Case((), "s3:GetAccountPublicAccessBlock", "*"))
    assert does(reader, Case((), "s3:ListBucket", "arn:aws:s3:::issuer-of-dr"))


def test_no_site_is_an_issuer_by_default(default: Synthesised) -> None:
    for site in SITES:
        assert not default.resources(site, "AWS::IAM::OIDCProvider")
