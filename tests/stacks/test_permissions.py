"""What each role may and may not do, judged by a policy evaluator that honours conditions.

Identity policies and, for keys, the key's own policy are judged. Bucket policies only ever deny:
that is tested with the bucket.
"""

import json
import subprocess
from typing import Any

import pytest

from stacks.people_rights import PEOPLE
from tests.stacks import machine_cases, people_cases
from tests.stacks.judged import does
from tests.stacks.machine_cases import Case
from tests.stacks.synthesised import ACCOUNT, ROOT, Synthesised
from topology.site import SITES

ALLOWED = (*machine_cases.ALLOWED, *people_cases.ALLOWED)
DENIED = (*machine_cases.DENIED, *people_cases.DENIED)
CHANNEL = "ssmmessages:OpenDataChannel"
SIMULATED = tuple(
    case
    for case in (*ALLOWED, *DENIED)
    if "::document/" not in case.resource and case.action != CHANNEL
)
"""The evaluator knows no document of AWS' own, whose ARN has no account, nor that a channel is of a
session, as it is in the policies of AWS' user guide."""
NOT_SIMULATED = [
    (role, case) for case in (*ALLOWED, *DENIED) if case not in SIMULATED for role in case.roles
]


def named(cases: tuple[Case, ...]) -> list[Any]:
    return [
        pytest.param(role, case, id=f"{role} {case.action} {n}")
        for n, case in enumerate(cases)
        for role in case.roles
    ]


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


@pytest.mark.parametrize(
    ("role", "case"), named(tuple(case for case in DENIED if case in SIMULATED))
)
def test_denies(role: str, case: Case, decisions: dict[tuple[str, int], str]) -> None:
    assert decisions[role, id(case)] == "ImplicitlyDenied"


@pytest.mark.parametrize("role_and_case", NOT_SIMULATED, ids=str)
def test_what_the_evaluator_does_not_know_is_judged_by_the_embedded_aws(
    role_and_case: tuple[str, Case], policies: dict[str, Any]
) -> None:
    role, case = role_and_case

    assert does(policies[role], case) == (case in ALLOWED)


def test_stays_within_the_size_of_an_inline_policy(each: Synthesised) -> None:
    for site in SITES:
        for role in each.properties(site, "AWS::IAM::Role"):
            document = json.dumps(role.get("Policies", []), separators=(",", ":"))
            assert len(document) < 10_240


def test_both_evaluators_agree(
    policies: dict[str, Any], decisions: dict[tuple[str, int], str]
) -> None:
    for case in SIMULATED:
        for role in case.roles:
            assert does(policies[role], case) == (decisions[role, id(case)] == "Allowed"), case


def test_a_persons_policy_fits_into_a_role(policies: dict[str, Any]) -> None:
    for who in PEOPLE:
        assert len(json.dumps(policies[who], separators=(",", ":"))) < 10_240
