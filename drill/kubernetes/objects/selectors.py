"""Label and field selectors."""

import re

from drill.kubernetes.resource import Object
from drill.kubernetes.status_error import StatusError

_TERM = re.compile(r"^!?[\w./-]+$|^[\w./-]+\s*(=|==|!=)\s*[\w.-]*$")
_SET = re.compile(r"^(?P<key>\S+)\s+(?P<operator>in|notin)\s+\((?P<values>[^)]*)\)$")


def matches_labels(value: Object, selector: str) -> bool:
    """Whether an object's labels satisfy `a=b,c!=d,e,!f,g in (h,i)`."""
    labels = value["metadata"].get("labels") or {}
    return all(_label(labels, term.strip()) for term in _terms(selector))


def refuse_no_selector(selector: str, *, of: str) -> None:
    """Hold a selector of labels to its grammar; `of` is the resource, for the message.

    Raises:
        StatusError: 400.
    """
    for term in _terms(selector):
        if not _TERM.match(term.strip()) and not _SET.match(term.strip()):
            raise StatusError.bad_request(
                f'Unable to find "{of}" that match label selector "{selector}", field selector "": '
                f"cannot parse {term}"
            )


def matches_fields(value: Object, selector: str) -> bool:
    """Whether an object's fields satisfy `metadata.name=x,spec.nodeName!=y`."""
    return all(_field(value, term) for term in _terms(selector))


def _terms(selector: str) -> list[str]:
    return [term for term in re.split(r",(?![^(]*\))", selector) if term]


def _label(labels: dict[str, str], term: str) -> bool:
    found = _SET.match(term)
    if found:
        values = {value.strip() for value in found["values"].split(",")}
        return (labels.get(found["key"]) in values) == (found["operator"] == "in")
    if term.startswith("!"):
        return term[1:] not in labels
    for operator in ("!=", "==", "="):
        key, separator, wanted = term.partition(operator)
        if separator:
            return (labels.get(key.strip()) == wanted.strip()) == (operator != "!=")
    return term in labels


def _field(value: Object, term: str) -> bool:
    for operator in ("!=", "==", "="):
        path, separator, wanted = term.partition(operator)
        if separator:
            return (str(_at(value, path)) == wanted) == (operator != "!=")
    raise StatusError.bad_request(f'invalid field selector "{term}"')


def _at(value: Object, path: str) -> object:
    found: object = value
    for name in path.split("."):
        found = found.get(name, "") if isinstance(found, dict) else ""
    return found
