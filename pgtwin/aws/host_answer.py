"""What a verb's exit code means to a plan."""

import json
from typing import Any

from pgtwin.errors import SiteFailed, SiteRefused, SiteTimedOut

_ERRORS = {2: SiteRefused, 4: SiteTimedOut, 5: SiteRefused}


def host_answer(verb: str, exit_code: int, stdout: str, stderr: str = "") -> dict[str, Any]:
    """The document that the host program printed.

    Raises:
        SiteRefused: exit code 2 or 5; nothing was changed.
        SiteTimedOut: exit code 4; safe to repeat.
        SiteFailed: any other failure, or an answer that is no JSON object.
    """
    document = _object(stdout) if stdout.strip() else {}
    if document is None:
        document = {"error": f"printed no JSON object: {stdout[:200]!r}"}
        exit_code = exit_code or 3
    if exit_code == 0:
        return document
    last = stderr.strip().splitlines()[-1:] or [f"exit code {exit_code}"]
    message = f"{verb}: {document.get('error', last[0])}"
    raise _ERRORS.get(exit_code, SiteFailed)(message)


def _object(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
