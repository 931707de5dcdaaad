"""The word for the deletion of a site's cluster, which a failback clones again.

What always holds: what exists nowhere else is listed first, and the word is for what was seen
within two minutes. Where nobody could look that is said, and takes another word. Without the word
nothing is deleted. Machines run by then, and the record may be of a new epoch, so the run stops and
says what to run next.
"""

from contextlib import suppress

from pgtwin.confirmation import Confirmation
from pgtwin.errors import PlanRefused, StepFailed, StepTimedOut
from pgtwin.run import Run
from topology.site import SiteName

LOOK_SECONDS = 120.0
"""Until the database's pods of a machine that was just started can be looked into."""


def unknown_word(cluster: str) -> str:
    """What has to be typed, or given as `--yes-delete`, where nobody could look.

    Who gives the cluster's name alone has not said that.
    """
    return f"{cluster}, unseen"


def confirm_deletion(run: Run, name: SiteName, cluster: str) -> None:
    """Have the deletion of `cluster`, of the site `name`, confirmed.

    Raises:
        StepFailed: without the word.
    """
    site = run.sites[name]
    if site.observe().exists:
        # The pods may still be starting.
        with suppress(StepTimedOut):
            run.wait_until(
                lambda: site.unarchived() is not None,
                f"{name} can tell what was never archived",
                LOOK_SECONDS,
            )
    Confirmation(run, lambda: _ask(run, name, cluster)).get()


def _ask(run: Run, name: SiteName, cluster: str) -> None:
    site = run.sites[name]
    deleted = f"{name}'s cluster {cluster} will be deleted and cloned again"
    known = site.unarchived() if site.observe().exists else None
    if known is None:
        text = (
            f"{deleted}; what was written there and never archived IS UNKNOWN, and may "
            "exist nowhere else - run: pgtwin status"
        )
        _have_typed(run, name, text, unknown_word(cluster))
        return
    run.tell(f"never archived by {name}: {', '.join(known.oldest) or 'nothing'}")
    _have_typed(run, name, f"{deleted}; {known.count} WAL segments exist only there", cluster)


def _have_typed(run: Run, name: SiteName, text: str, word: str) -> None:
    try:
        run.confirm(text, word)
    except PlanRefused as refused:
        raise StepFailed(
            f"{word!r} was not confirmed (typed or with --yes-delete); nothing was deleted, and "
            f"PostgreSQL of {name} stays stopped"
        ) from refused
