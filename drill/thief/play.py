"""Plays attempts, and looks at what each leaves.

The least that has to stay: longer than it can take until the missing verification is noticed.
"""

from collections.abc import Callable, Iterable, Sequence

from botocore.exceptions import ClientError

from drill.thief.attempt import Attempt, Outcome, Result
from drill.thief.principal import Principal
from drill.thief.spoils import Spoils
from topology.alarms import EVIDENCE_DAYS

REFUSALS = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
FORBIDDEN = 403
"""How Route 53 refuses here: moto's answer to it names no code that botocore finds."""
Told = Callable[[Result, int, int], None]


def play(
    spoils: Spoils,
    thieves: Sequence[Principal],
    attempts: Iterable[Attempt],
    told: Told = lambda *_: None,
) -> list[Result]:
    """Every attempt of every thief; `told` hears of each result, its number and their count."""
    results: list[Result] = []
    chosen = list(attempts)
    for attempt in chosen:
        region = spoils.topology.site(attempt.site).region
        for thief in thieves:
            result = _try(spoils, thief, attempt, region)
            results.append(result)
            told(result, len(results), len(chosen) * len(thieves))
    return results


def _try(spoils: Spoils, thief: Principal, attempt: Attempt, region: str) -> Result:
    outcome, detail = _act(spoils, thief, attempt, region)
    touched = outcome == "done" and attempt.target is not None
    left = (
        spoils.left(attempt.site, attempt.target(spoils))
        if touched and attempt.target is not None
        else None
    )
    if outcome == "done":
        spoils.clear_away()
    return Result(
        principal=thief.name,
        attempt=attempt.name,
        outcome=outcome,
        expected=attempt.expected(thief.name),
        left=left,
        detail=detail,
        kept_too_short=touched and spoils.kept_days(attempt.site) <= EVIDENCE_DAYS,
    )


def _act(spoils: Spoils, thief: Principal, attempt: Attempt, region: str) -> tuple[Outcome, str]:
    try:
        attempt.act(thief.client(attempt.service, region), spoils)
    except ClientError as error:
        if _is_refusal(error):
            return "refused", ""
        return "broken", str(error)
    return "done", ""


def _is_refusal(error: ClientError) -> bool:
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return error.response["Error"]["Code"] in REFUSALS or status == FORBIDDEN
