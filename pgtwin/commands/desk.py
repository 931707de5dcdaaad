"""What a command works at: the configuration, the two sites, and the two outputs."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgtwin.commands.harmless import harmless

if TYPE_CHECKING:
    from pgtwin.aws.aws_site import AwsSite
    from pgtwin.aws.buckets import Buckets
    from pgtwin.aws.clients import Clients
    from topology.site import SiteName
    from topology.topology import Topology


class Desk:
    """Results go to stdout, everything else to stderr."""

    def __init__(self, config: Path, *, as_json: bool = False) -> None:
        self.config = config
        self.as_json = as_json

    @cached_property
    def topology(self) -> "Topology":
        """The configuration.

        Raises:
            PlanRefused: with every problem of the file, one a line.
        """
        from pgtwin.errors import PlanRefused
        from topology.load import load
        from topology.refused import Refused

        try:
            return load(self.config)
        except Refused as refused:
            problems = [f"{self.config}: {problem}" for problem in refused.problems]
            raise PlanRefused("\n".join(problems)) from None

    @cached_property
    def sites(self) -> "dict[SiteName, AwsSite]":
        """The deployed sites; nothing is asked of AWS yet."""
        from pgtwin.aws.sites import sites
        from pgtwin.commands.file_journal import is_over, journal_folder

        folder = journal_folder(self.topology.name)
        return sites(self.topology, is_over=lambda run: is_over(run, folder))

    def writer(self, *, asks: bool = True) -> "SiteName":
        """Which site writes by the newest record; the configured one where nothing was promoted.

        A dry run asks nobody, and takes the configured one.

        Raises:
            PlanRefused: where the regions name different writers.
            SiteError: where neither region answers.
        """
        from pgtwin.aws.at_once import at_once
        from pgtwin.deadlines import CALL_SECONDS
        from pgtwin.errors import PlanRefused, nobody_answered
        from pgtwin.record import Record
        from pgtwin.record_copies import RecordCopies

        if not asks:
            return self.topology.writer
        asked: dict[SiteName, Callable[[], Record | None]] = {
            name: site.read_record for name, site in self.sites.items()
        }
        found = at_once(asked, CALL_SECONDS)
        copies = RecordCopies.among(found)
        errors = [each for each in found.values() if isinstance(each, Exception)]
        if len(errors) == len(found):
            unknown = f"it is unknown which site writes: {errors[0]} - name one with --site"
            raise nobody_answered(errors, unknown)
        if copies.are_rivals:
            raise PlanRefused(
                "the two regions name different writers; nothing was changed - name one with --site"
            )
        return copies.newest.writer if copies.newest else self.topology.writer

    @cached_property
    def clients(self) -> "dict[SiteName, Clients]":
        """AWS in both regions."""
        from pgtwin.aws.clients import Clients
        from topology.site import SITES

        return {name: Clients(self.topology.site(name).region) for name in SITES}

    @cached_property
    def buckets(self) -> "Buckets":
        """Both backup buckets."""
        from pgtwin.aws.buckets import Buckets

        return Buckets(self.topology, self.clients)

    @cached_property
    def account(self) -> str:
        """The account that the credentials are for."""
        return self.buckets.account

    def say(self, text: str) -> None:
        """Progress, for people; nobody reading it must not stop a run between two steps."""
        try:
            sys.stderr.write(f"{harmless(text)}\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (until the end)

    def warn(self, warnings: Iterable[str]) -> None:
        """What a person should know before a run begins; it does not stop for them."""
        for warning in warnings:
            self.say(f"warning: {warning}")

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Say every few seconds that `what` is under way, until the block ends."""
        from pgtwin.commands.still_here import StillHere

        with StillHere(self.say).saying() as still_here:
            still_here.begin(what)
            yield

    def result(self, document: Any, text: str) -> None:
        """The result: the document with `--json`, otherwise the text."""
        sys.stdout.write(json.dumps(document, indent=2) if self.as_json else harmless(text))
        sys.stdout.write("\n")

    def conclude(self, document: Any, text: str) -> None:
        """The result of what was done; nobody reading it must not make it look undone."""
        try:
            self.result(document, text)
            sys.stdout.flush()
        except (OSError, ValueError) as error:
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (until the end)
            self.say(f"{text}; the result could not be written: {error}")

    def show_plan(self, what: str, lines: "tuple[dict[str, str], ...]") -> None:
        """What `--dry-run` prints."""
        text = [f"plan: {what}"]
        for number, line in enumerate(lines, start=1):
            text.append(f"{number}. {line['step']}")
            text.append(f"   changes: {line['changes']}")
            text.append(f"   undo:    {line['undo']}")
        self.result({"plan": what, "steps": list(lines)}, "\n".join(text))
