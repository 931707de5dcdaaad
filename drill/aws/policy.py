"""IAM's verdict over policy documents: an explicit Deny, else an Allow, else nothing.

Pure. Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
for identity policies and the bucket's policy of one account. Not here: permission boundaries,
session policies, service control policies, NotPrincipal, and the operators for dates, numbers,
binaries and addresses.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["allow", "deny", "none"]
_WHO = "aws:userid"


@dataclass(frozen=True, kw_only=True)
class Question:
    """May this be done? `resource` is None where the emulator cannot tell which one it is about.

    `context` holds the condition keys that the emulator knows for this request; a key with an
    empty tuple is known to be absent. A key that is not in it is unknown: the condition then holds
    in an Allow and does not in a Deny, so that nothing is refused for the emulator's ignorance.
    """

    action: str
    resource: str | None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def judge(documents: Iterable[Mapping[str, Any]], question: Question) -> Verdict:
    """The verdict of all documents together."""
    verdict: Verdict = "none"
    for document in documents:
        for statement in _list(document.get("Statement", [])):
            if not _applies(statement, question):
                continue
            if statement["Effect"] == "Deny":
                return "deny"
            verdict = "allow"
    return verdict


def _applies(statement: Mapping[str, Any], question: Question) -> bool:
    return (
        _covers(statement, "Action", question, question.action, re.IGNORECASE)
        and (
            question.resource is None or _covers(statement, "Resource", question, question.resource)
        )
        and all(
            _holds(operator, key, _list(wanted), question, statement["Effect"])
            for operator, tests in statement.get("Condition", {}).items()
            for key, wanted in tests.items()
        )
    )


def _covers(
    statement: Mapping[str, Any], element: str, question: Question, value: str, flags: int = 0
) -> bool:
    negated = f"Not{element}" in statement
    patterns = _list(statement.get(f"Not{element}" if negated else element, "*"))
    return negated != any(_matches(_filled(each, question), value, flags) for each in patterns)


def _filled(pattern: str, question: Question) -> str:
    """With who asks in the place of the variable: anybody, where that is unknown."""
    who = question.context.get(_WHO, ("*",))
    return pattern.replace(f"${{{_WHO}}}", who[0]) if who else pattern


def _holds(operator: str, key: str, wanted: list[Any], question: Question, effect: str) -> bool:
    name = operator.removeprefix("ForAnyValue:").removeprefix("ForAllValues:")
    known = {known.lower(): values for known, values in question.context.items()}
    values = known.get(key.lower())
    test = _OPERATORS.get(name.removesuffix("IfExists"))
    if values is None or test is None:
        return effect == "Allow"
    negated = "Not" in name
    if not values:
        return negated or name.endswith("IfExists") or operator.startswith("ForAllValues:")
    quantify = all if operator.startswith("ForAllValues:") or negated else any
    return quantify(
        negated != any(test(str(pattern), value) for pattern in wanted) for value in values
    )


def _equal(pattern: str, value: str) -> bool:
    return pattern == value


def _same(pattern: str, value: str) -> bool:
    return pattern.lower() == value.lower()


def _like(pattern: str, value: str) -> bool:
    return _matches(pattern, value)


_OPERATORS = {
    "StringEquals": _equal,
    "StringNotEquals": _equal,
    "StringEqualsIgnoreCase": _same,
    "StringLike": _like,
    "StringNotLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "ArnNotEquals": _like,
    "ArnNotLike": _like,
    "Bool": _same,
}


def _matches(pattern: str, value: str, flags: int = 0) -> bool:
    parts = (".*" if one == "*" else "." if one == "?" else re.escape(one) for one in pattern)
    return re.fullmatch("".join(parts), value, flags | re.DOTALL) is not None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
