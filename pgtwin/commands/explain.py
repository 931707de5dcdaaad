"""What an error is to the person at the keyboard: one message and an exit code."""

DONE, REFUSED, FAILED, TIMED_OUT, LOCKED = 0, 2, 3, 4, 5


def explain(error: Exception) -> tuple[str, int] | None:
    """The message and exit code, or None for an error that is a mistake in this program."""
    from pgtwin import errors

    codes: tuple[tuple[type[Exception], int], ...] = (
        (errors.PlanRefused, REFUSED),
        (errors.SiteRefused, REFUSED),
        (errors.Locked, LOCKED),
        (errors.RecordConflict, REFUSED),
        (errors.SiteTimedOut, TIMED_OUT),
        (errors.StepTimedOut, TIMED_OUT),
        (errors.SiteHangs, TIMED_OUT),
        (errors.SiteUnreachable, FAILED),
        (errors.SiteFailed, FAILED),
        (errors.StepFailed, FAILED),
    )
    for kind, code in codes:
        if isinstance(error, kind):
            return str(error), code
    return None
