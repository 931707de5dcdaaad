"""Every right and every condition is needed: a policy without one of them judges a case wrongly."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.stacks import machine_cases, people_cases
from tests.stacks.judged import does
from tests.stacks.machine_cases import Case

ALLOWED = (*machine_cases.ALLOWED, *people_cases.ALLOWED)
DENIED = (*machine_cases.DENIED, *people_cases.DENIED)
Document = dict[str, Any]
Policies = dict[str, Document]


def statements(policies: Policies) -> Iterator[tuple[str, Document]]:
    for role, document in policies.items():
        for statement in document["Statement"]:
            yield role, statement


def exchanged(document: Document, statement: Document, *others: Document) -> Document:
    """The policy with other statements in the place of one."""
    rest = [each for each in document["Statement"] if each is not statement]
    return {"Statement": [*rest, *others]}


def without_right(document: Document, statement: Document, action: str, resource: str) -> Document:
    """The policy without one action on one resource, everything else as it was."""
    others = [each for each in statement["Resource"] if each != resource]
    actions = [each for each in statement["Action"] if each != action]
    return exchanged(
        document,
        statement,
        {**statement, "Action": actions},
        *([{**statement, "Action": [action], "Resource": others}] if others else []),
    )


def without_condition(document: Document, statement: Document, test: str, key: str) -> Document:
    """The policy with a statement that no longer looks at one key of the request."""
    condition = {
        name: {other: value for other, value in keys.items() if (name, other) != (test, key)}
        for name, keys in statement["Condition"].items()
    }
    return exchanged(document, statement, {**statement, "Condition": condition})


def spoiled(case: Case, key: str) -> Case:
    """The same request, but it shows something else under a key."""
    value = ["something-else"] if isinstance(case.shown[key], list) else "something-else"
    return replace(case, context={**case.context, key: value})


def cases(role: str, action: str | None = None) -> Iterator[Case]:
    return (
        case for case in ALLOWED if role in case.roles and (action is None or case.action == action)
    )


def test_every_right_is_needed_by_a_case_that_fails_without_it(policies: Policies) -> None:
    idle = [
        f"{role} {statement['Sid']}: {action} on {resource}"
        for role, statement in statements(policies)
        for action in statement["Action"]
        for resource in statement["Resource"]
        if all(
            does(without_right(policies[role], statement, action, resource), case)
            for case in cases(role, action)
        )
    ]

    assert idle == []


def test_every_statement_is_needed_by_a_case_that_fails_without_it(policies: Policies) -> None:
    idle = [
        f"{role} {statement['Sid']}"
        for role, statement in statements(policies)
        if all(does(exchanged(policies[role], statement), case) for case in cases(role))
    ]

    assert idle == []


def test_every_condition_refuses_a_case_that_passes_without_it(policies: Policies) -> None:
    idle = [
        f"{role} {statement['Sid']}: {test} {key}"
        for role, statement in statements(policies)
        for test, keys in statement.get("Condition", {}).items()
        for key in keys
        if not any(
            does(without_condition(policies[role], statement, test, key), case)
            and not does(policies[role], case)
            for case in (
                *(spoiled(case, key) for case in cases(role) if key in case.shown),
                *(case for case in DENIED if role in case.roles and key in case.shown),
            )
        )
    ]

    assert idle == []
