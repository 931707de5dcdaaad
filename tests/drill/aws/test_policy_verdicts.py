"""The verdict over policy documents, case by case."""

from typing import Any

import pytest

from drill.aws.policy import Question, Verdict, judge

BUCKET = "arn:aws:s3:::backups"


def statement(effect: str, **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "s3:PutObject", "Resource": f"{BUCKET}/wals/*", **more}


def verdict(*statements: dict[str, Any], resource: str | None = f"{BUCKET}/wals/1") -> Verdict:
    context = {"aws:SecureTransport": ("true",), "s3:prefix": ()}
    question = Question(action="s3:PutObject", resource=resource, context=context)
    return judge([{"Statement": list(statements)}], question)


def test_nothing_is_allowed_by_default() -> None:
    assert verdict() == "none"


def test_an_allow_covers_its_own_resource_only() -> None:
    assert verdict(statement("Allow")) == "allow"
    assert verdict(statement("Allow"), resource=f"{BUCKET}/base/1") == "none"


def test_a_deny_wins_wherever_it_stands() -> None:
    assert verdict(statement("Allow"), statement("Deny")) == "deny"
    assert verdict(statement("Deny"), statement("Allow")) == "deny"


def test_a_wildcard_in_an_action_ignores_case() -> None:
    assert verdict(statement("Allow", Action="S3:put*")) == "allow"


def test_a_question_mark_stands_for_one_character() -> None:
    assert verdict(statement("Allow", Resource=f"{BUCKET}/wals/?")) == "allow"
    assert verdict(statement("Allow", Resource=f"{BUCKET}/wals/??")) == "none"


def test_not_action_and_not_resource_cover_everything_else() -> None:
    everything_else = statement("Allow", NotAction="s3:Get*")
    del everything_else["Action"]
    elsewhere = statement("Allow", NotResource=f"{BUCKET}/wals/*")
    del elsewhere["Resource"]

    assert verdict(everything_else) == "allow"
    assert verdict(elsewhere) == "none"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"StringEquals": {"s3:prefix": "wals/"}}, False),
        ({"StringEqualsIfExists": {"s3:prefix": "wals/"}}, True),
        ({"StringNotEquals": {"s3:prefix": "wals/"}}, True),
        ({"StringLike": {"aws:securetransport": "t*"}}, True),
    ],
)
def test_a_condition_on_a_known_key_is_judged(condition: dict[str, Any], holds: bool) -> None:
    expected = "allow" if holds else "none"
    assert verdict(statement("Allow", Condition=condition)) == expected


def test_what_the_emulator_cannot_know_refuses_nothing() -> None:
    unknown = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}

    assert verdict(statement("Allow", Condition=unknown)) == "allow"
    assert verdict(statement("Allow"), statement("Deny", Condition=unknown)) == "allow"
    assert verdict(statement("Allow"), resource=None) == "allow"


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"aws:userid": ("AROAX:ann",)}, "allow"),
        ({"aws:userid": ("AROAX:bob",)}, "none"),
        ({"aws:userid": ()}, "none"),
        ({}, "allow"),
    ],
    ids=["the caller's own", "another's", "a caller without an id", "a caller who is not known"],
)
def test_a_resource_may_hold_the_id_of_who_asks(
    context: dict[str, tuple[str, ...]], expected: Verdict
) -> None:
    own = {"Effect": "Allow", "Action": "ssm:ResumeSession", "Resource": "*/${aws:userid}-*"}
    asked = Question(action="ssm:ResumeSession", resource="session/AROAX:ann-1", context=context)

    assert judge([{"Statement": own}], asked) == expected
