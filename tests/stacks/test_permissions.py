"""What each role may and may not do, judged by a policy evaluator that honours conditions.

Identity policies and, for keys, the key's own policy are judged. Bucket policies only ever deny:
that is tested with the bucket.
"""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from drill.aws.policy import Question, judge
from stacks.allow import policy
from stacks.people_rights import PEOPLE, people_rights
from tests.stacks import machine_cases, people_cases
from tests.stacks.machine_cases import KEY, REGIONS, Case, arn
from tests.stacks.synthesised import ACCOUNT, ROOT, Synthesised
from topology.site import SITES, SiteName

ALLOWED = (*machine_cases.ALLOWED, *people_cases.ALLOWED)
DENIED = (*machine_cases.DENIED, *people_cases.DENIED)
SIMULATED = tuple(case for case in (*ALLOWED, *DENIED) if "::document/" not in case.resource)
"""The evaluator knows no document of AWS' own, whose ARN has no account."""


def named(cases: tuple[Case, ...]) -> list[Any]:
    return [
        pytest.param(role, case, id=f"{role} {case.action} {n}")
        for n, case in enumerate(cases)
        for role in case.roles
    ]


def as_deployed(document: dict[str, Any], site: SiteName) -> dict[str, Any]:
    """The same policy with the site's own key in the place of the reference to it.

    The CDK writes a list of one as that one.
    """
    own = arn("kms", REGIONS[site], KEY)
    statements = [
        {
            **statement,
            **{
                name: [own if isinstance(each, dict) else each for each in listed(statement[name])]
                for name in ("Action", "Resource")
            },
        }
        for statement in document["Statement"]
    ]
    return {**document, "Statement": statements}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="session")
def policies(shipped: dict[str, Synthesised]) -> dict[str, Any]:
    """The policy of every machine's role, as synthesised, and of every kind of person."""
    topology = shipped["default"].topology
    return {
        role["RoleName"]: as_deployed(role["Policies"][0]["PolicyDocument"], site)
        for site in SITES
        for role in shipped["default"].properties(site, "AWS::IAM::Role")
        if "RoleName" in role
    } | {who: policy(rows) for who, rows in people_rights(topology, ACCOUNT).items()}


@pytest.fixture(scope="session")
def decisions(
    shipped: dict[str, Synthesised], policies: dict[str, Any]
) -> dict[tuple[str, int], str]:
    """Every case's decision, from one run of the evaluator."""
    keys = {
        shipped["default"].topology.site(site).region: key["KeyPolicy"]
        for site in SITES
        for key in shipped["default"].properties(site, "AWS::KMS::Key")
    }
    asked = [(role, case) for case in SIMULATED for role in case.roles]
    requests = [
        {
            "role": role,
            "principal": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/i-0123456789abcdef0",
            "action": case.action,
            "resource": case.resource,
            "account": ACCOUNT,
            "context": case.shown,
            "key_policy": keys[case.resource.split(":")[3]] if ":kms:" in case.resource else None,
        }
        for role, case in asked
    ]
    run = subprocess.run(
        ["node", str(ROOT / "tests/stacks/simulate.mjs")],
        input=json.dumps({"policies": policies, "requests": requests}),
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        (role, id(case)): decision
        for (role, case), decision in zip(asked, json.loads(run.stdout), strict=True)
    }


@pytest.mark.parametrize(
    ("role", "case"), named(tuple(case for case in ALLOWED if case in SIMULATED))
)
def test_allows(role: str, case: Case, decisions: dict[tuple[str, int], str]) -> None:
    assert decisions[role, id(case)] == "Allowed"


@pytest.mark.parametrize(("role", "case"), named(DENIED))
def test_denies(role: str, case: Case, decisions: dict[tuple[str, int], str]) -> None:
    assert decisions[role, id(case)] == "ImplicitlyDenied"


def test_stays_within_the_size_of_an_inline_policy(each: Synthesised) -> None:
    for site in SITES:
        for role in each.properties(site, "AWS::IAM::Role"):
            document = json.dumps(role.get("Policies", []), separators=(",", ":"))
            assert len(document) < 10_240


def statements_and_actions(policies: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Each right of each role: a statement with one of its actions on one of its resources."""
    for role, document in policies.items():
        for statement in document["Statement"]:
            for action in statement["Action"]:
                for resource in statement["Resource"]:
                    yield role, statement, f"{action} on {resource}"


def without(document: dict[str, Any], statement: dict[str, Any], right: str) -> dict[str, Any]:
    """The policy without one right, everything else as it was."""
    action, _, resource = right.partition(" on ")
    rest = [each for each in document["Statement"] if each is not statement]
    others = [each for each in statement["Resource"] if each != resource]
    actions = [each for each in statement["Action"] if each != action]
    return {
        "Statement": [
            *rest,
            {**statement, "Action": actions},
            *([{**statement, "Action": [action], "Resource": others}] if others else []),
        ]
    }


def does(document: dict[str, Any], case: Case) -> bool:
    tested = {
        key: ()
        for statement in document["Statement"]
        for test in statement.get("Condition", {}).values()
        for key in test
    }
    shown = {
        name: tuple(value) if isinstance(value, list) else (str(value),)
        for name, value in case.shown.items()
    }
    context: dict[str, tuple[str, ...]] = {**tested, **shown}
    asked = Question(action=case.action, resource=case.resource, context=context)
    return judge([document], asked) == "allow"


def test_every_right_is_needed_by_a_case_that_fails_without_it(policies: dict[str, Any]) -> None:
    idle = [
        f"{role} {statement['Sid']}: {right}"
        for role, statement, right in statements_and_actions(policies)
        if all(
            does(without(policies[role], statement, right), case)
            for case in ALLOWED
            if role in case.roles and case.action == right.partition(" on ")[0]
        )
    ]

    assert idle == []


def test_both_evaluators_agree(
    policies: dict[str, Any], decisions: dict[tuple[str, int], str]
) -> None:
    for case in SIMULATED:
        for role in case.roles:
            assert does(policies[role], case) == (decisions[role, id(case)] == "Allowed"), case


def test_a_persons_policy_fits_into_a_role(policies: dict[str, Any]) -> None:
    for who in PEOPLE:
        assert len(json.dumps(policies[who], separators=(",", ":"))) < 10_240
