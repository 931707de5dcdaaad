"""How kubectl prints what an API server refuses (kubectl v1.36 pkg/cmd/util/helpers.go)."""

from typing import Any

from drill.kubernetes.status_error import StatusError

CONFLICT_ADVICE = """
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts"""
"""After every conflict of an apply, whatever the conflict is about."""
_CONFLICT, _INVALID = 409, 422


def printed(refused: StatusError, verb: str) -> str:
    """The text on standard error, without its last newline."""
    if verb == "apply" and refused.code == _CONFLICT:
        return f"error: {refused.message}{CONFLICT_ADVICE}"
    if refused.code == _INVALID:
        return _invalid(refused.details)
    doing = 'error when creating "STDIN": ' if verb == "create" else ""
    reason = f" ({refused.reason})" if refused.reason else ""
    return f"Error from server{reason}: {doing}{refused.message}"


def _invalid(details: dict[str, Any]) -> str:
    problems = [f"{each['field']}: {each['message']}" for each in details["causes"]]
    several = "".join(f"\n* {problem}" for problem in problems)
    told = problems[0] if len(problems) == 1 else several
    return f'The {details["kind"]} "{details["name"]}" is invalid: {told}'
