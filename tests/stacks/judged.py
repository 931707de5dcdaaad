"""Whether a policy lets a case pass, by the evaluator of the embedded AWS."""

from typing import Any

from drill.aws.policy import Question, judge
from tests.stacks.machine_cases import Case


def does(document: dict[str, Any], case: Case) -> bool:
    """A condition's key that the case does not show is known to be absent."""
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
