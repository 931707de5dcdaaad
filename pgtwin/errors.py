"""Why something did not happen, by what the caller may conclude from it."""


class SiteUnreachable(Exception):  # noqa: N818 (the field's word)
    """No answer in time. Whether the request took effect is unknown, unless it only read."""


class SiteRefused(Exception):  # noqa: N818
    """The site looked at the request, said no, and changed nothing."""


class SiteFailed(Exception):  # noqa: N818
    """The site answered that it could not finish. Part of the work may be done; safe to repeat."""


class SiteTimedOut(SiteFailed):
    """The site waited in vain for something of its own; safe to repeat."""


class Locked(Exception):  # noqa: N818
    """Somebody else operates on the two sites; the message says who, what and since when."""


class StepFailed(Exception):  # noqa: N818
    """A step did not reach its end: the plan stopped, and the message says what to run next."""


class StepTimedOut(StepFailed):
    """What a step waited for did not come; safe to repeat."""


class PlanRefused(Exception):  # noqa: N818
    """A precondition does not hold; nothing was changed."""
