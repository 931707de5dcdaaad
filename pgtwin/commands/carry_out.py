"""Runs a plan from the command line: lock, journal, progress, and what to say at the end."""

import getpass
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import typer

from pgtwin.commands.desk import Desk
from pgtwin.commands.explain import DONE, FAILED, LOCKED, REFUSED, TIMED_OUT
from pgtwin.commands.file_journal import ENDED, FileJournal, interrupted_run, journal_folder
from pgtwin.commands.harmless import harmless
from pgtwin.commands.interruption import INTERRUPTED
from pgtwin.commands.still_here import StillHere
from pgtwin.confirmation import under_the_lock
from pgtwin.errors import PlanRefused, SiteError, SiteRefused
from pgtwin.execute import Journal, Outcome, Position, execute
from pgtwin.lock import LASTS_SECONDS
from pgtwin.lock_keeper import kept
from pgtwin.plan import Plan
from pgtwin.run import Confirm, Run
from topology.given import given
from topology.names import JOURNAL_PREFIX
from topology.site import SITES, SiteName

CODES: dict[Outcome | None, int] = {
    "done": DONE,
    "refused": REFUSED,
    "locked": LOCKED,
    "rolled back": FAILED,
    "stopped": FAILED,
    "timed out": TIMED_OUT,
}
_BY_YOU = "interrupted; requests already sent may still take effect"


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The time now, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)


def owner() -> str:
    """Who runs this, for people; a container's user may have no name."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"user {os.getuid()}"
    return f"{user}@{socket.gethostname()}"


def carry_out(
    desk: Desk,
    what: str,
    planner: Callable[[Run], Plan],
    *,
    dry_run: bool,
    needed: tuple[SiteName, ...] = SITES,
    confirm: Confirm | None = None,
    last: bool = True,
) -> None:
    """Show the plan, or run it to its end and leave with its exit code unless it is done.

    Only the regions of `needed` have to answer. A plan that is not the command's `last` prints no
    result of its own once it is done.
    """
    folder = journal_folder(desk.topology.name)
    run_id = interrupted_run(what, folder) or _new_run_id()
    run = Run(
        id=run_id,
        owner=owner(),
        what=what,
        sites=desk.sites,
        clusters={name: desk.topology.site(name).cluster for name in SITES},
        clock=SystemClock(),
        tell=desk.say,
        confirm=confirm or ask,
    )
    plan = planner(run)
    if dry_run:
        desk.show_plan(plan.what, plan.lines())
        return
    with StillHere(desk.say).saying() as still_here:
        run.confirm = _quietly(still_here, run.confirm)
        run.quiet = still_here.silent
        journal = Progress(desk, FileJournal(run_id, what, folder), still_here)
        try:
            position = take_steps(run, plan, needed, journal)
        finally:
            still_here.begin("release the lock")
            _release(run)
        if position.outcome == "done" or not run.locked:
            # Otherwise the same command takes the lock up again where it stays.
            journal.note("", ENDED, position.outcome or "")
        still_here.begin("copy the journal")
        _copy_journal(desk, journal.path, needed[-1])
    _close(desk, plan, run, position, last=last)


def take_steps(run: Run, plan: Plan, needed: tuple[SiteName, ...], journal: Journal) -> Position:
    """Run the plan to its end under the lock, which is held again after each word that is typed."""
    hold_lock = partial(_hold_lock, run, needed)
    run.confirm = under_the_lock(run.confirm, hold_lock)
    try:
        with kept(run.extend_lock):
            return execute(plan, hold_lock, journal)
    except INTERRUPTED:
        return Position(outcome="stopped", problem=_BY_YOU)


def _hold_lock(run: Run, needed: tuple[SiteName, ...]) -> None:
    """As the run does; where AWS refuses the first lock, as without credentials, so is the plan."""
    try:
        run.hold_lock(needed)
    except SiteRefused as error:
        if run.locked:
            raise
        raise PlanRefused(str(error)) from error


def _release(run: Run) -> None:
    with suppress(*INTERRUPTED):
        run.release_lock()


class Progress:
    """Writes the journal and tells the operator."""

    def __init__(self, desk: Desk, journal: FileJournal, still_here: StillHere) -> None:
        self._desk = desk
        self._journal = journal
        self._still_here = still_here
        still_here.begin("check both regions")
        self.path = journal.path

    def note(self, step: str, event: str, detail: str = "") -> None:
        """Write a line, say a line."""
        self._journal.note(step, event, detail)
        self._still_here.begin(step if event == "begun" else f"after {step}")
        if step:
            self._desk.say(
                f"{datetime.now(UTC):%H:%M:%S}  {step}: {event}{detail and ' - '}{detail}"
            )


def ask(text: str, word: str, *, option: str = "") -> None:
    """Have the word typed; `option` is the command's own for a script that cannot type.

    Raises:
        PlanRefused: without a terminal, or when something else was typed.
    """
    sys.stderr.write(f"\n{harmless(text)}\n")
    if not sys.stdin.isatty():
        instead = f", or repeat with {option}" if option else ""
        raise PlanRefused(
            "this needs a confirmation, and there is no terminal to type it in; nothing was "
            f"changed - repeat in a terminal{instead}"
        )
    typed = typer.prompt(f"Type {word} to continue", err=True, default="", show_default=False)
    if typed != word:
        raise PlanRefused(f"{given(typed)} is not {word}; nothing was changed")


def _quietly(still_here: StillHere, confirm: Confirm) -> Confirm:
    def asked(text: str, word: str) -> None:
        with still_here.silent():
            confirm(text, word)

    return asked


def _close(desk: Desk, plan: Plan, run: Run, position: Position, *, last: bool) -> None:
    code = CODES[position.outcome]
    document = {
        "plan": plan.what,
        "run": run.id,
        "outcome": position.outcome,
        "problem": position.problem,
        "exit_code": code,
        "repeat": plan.repeat,
        "still_to_do": run.left,
        "lock_stays_at": sorted(run.locked),
    }
    if last or code != DONE:
        desk.conclude(document, f"{plan.what}: {position.outcome}")
    if run.left:
        desk.say(f"Still to do: {'; '.join(run.left)}. Safe to repeat - run: {plan.repeat}")
    if run.locked:
        desk.say(_stays(run, plan, done=code == DONE))
    if code == DONE:
        return
    desk.say(f"pgtwin: {position.problem}")
    if position.outcome == "rolled back":
        desk.say("The old writer accepts writes as before. Nothing was lost.")
    if code == LOCKED:
        desk.say(f"Wait for the end of any other run - run: pgtwin status, then: {plan.repeat}")
    if code in (FAILED, TIMED_OUT):
        desk.say(f"Safe to repeat. Check first - run: pgtwin status, then: {plan.repeat}")
    raise typer.Exit(code)


def _stays(run: Run, plan: Plan, *, done: bool) -> str:
    where = " and ".join(sorted(run.locked))
    text = f"The lock stays at {where}, for {LASTS_SECONDS / 60:.0f} min at most"
    return text if done else f"{text}; it lets this machine in at once - run: {plan.repeat}"


def _copy_journal(desk: Desk, path: Path, site: SiteName) -> None:
    try:
        desk.buckets.put(site, f"{JOURNAL_PREFIX}/{path.name}", path.read_bytes())
    except (SiteError, OSError) as error:
        desk.say(f"the journal was not copied and stays at {path}: {error}")


def _new_run_id() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
