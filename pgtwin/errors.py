"""Why something did not happen, by what the caller may conclude from it."""

from collections.abc import Sequence


class PgtwinError(Exception):
    """Everything that `pgtwin` itself says no with; the message is for the operator."""


class SiteError(PgtwinError):
    """One site did not do what it was asked for."""


class SiteUnreachable(SiteError):  # noqa: N818 (the field's word)
    """No answer in time. Whether the request took effect is unknown, unless it only read."""


class SiteHangs(SiteUnreachable):
    """A machine took the request and did not end it in time: it runs, and may end it yet."""


class SiteRefused(SiteError):  # noqa: N818
    """The site looked at the request, said no, and changed nothing."""


class SiteFailed(SiteError):  # noqa: N818
    """The site answered that it could not finish. Part of the work may be done; safe to repeat."""


class SiteUnclear(SiteFailed):
    """A machine answered, and cannot say how its database is: PostgreSQL may run on it."""


class SiteTimedOut(SiteFailed):
    """The site timed out waiting for something of its own; safe to repeat."""


class Locked(PgtwinError):  # noqa: N818
    """Somebody else operates on the two sites; the message says who, what and since when."""


class LockLost(Locked):
    """This run's own lock is missing, expired or another's: it does nothing more."""


class RecordConflict(PgtwinError):  # noqa: N818
    """A region holds a newer record of the writer than the one to write; nothing was changed."""


class StepFailed(PgtwinError):  # noqa: N818
    """A step did not reach its end: the plan stopped, and the message says what to run next."""


class StepTimedOut(StepFailed):
    """What a step waited for did not come; safe to repeat."""


class PlanRefused(PgtwinError):  # noqa: N818
    """A precondition does not hold; nothing was changed."""


def nobody_answered(errors: Sequence[Exception], silence: str) -> SiteError:
    """What to say where no region answered: that AWS refused, as for missing credentials, before
    the silence of the other.
    """
    refused = (each for each in errors if isinstance(each, SiteRefused))
    return next(refused, None) or SiteUnreachable(silence)


def unchanged(problem: str) -> str:
    """A refusal of a plan that has done nothing: what is safe stands before what to run."""
    what, dash, hint = problem.rpartition(" - ")
    return f"{what}; nothing was changed - {hint}" if dash else f"{problem}; nothing was changed"
