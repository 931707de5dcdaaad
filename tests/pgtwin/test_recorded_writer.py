"""A command that is for the writer's site asks the record which one that is."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pgtwin.commands.desk import Desk
from pgtwin.errors import PlanRefused, SiteError, SiteUnreachable
from pgtwin.record import Record
from topology.site import SITES

NAMES: Any = {"primary": "a", "dr": "b"}


def record(epoch: int, writer: Any) -> Record:
    return Record(epoch=epoch, writer=writer, server_names=NAMES)


def desk(**copies: Record | Exception | None) -> Desk:
    """A configuration that names primary, and what each region's copy says."""

    def read(copy: Record | Exception | None) -> Record | None:
        if isinstance(copy, Exception):
            raise copy
        return copy

    made = Desk(Path("config/default.yaml"))
    sites = {
        name: SimpleNamespace(read_record=lambda name=name: read(copies[name])) for name in SITES
    }
    made.__dict__["sites"] = sites
    return made


AWAY = SiteUnreachable("primary does not answer")


@pytest.mark.parametrize(
    ("primary", "dr", "writer"),
    [
        (None, None, "primary"),
        (record(2, "dr"), record(2, "dr"), "dr"),
        (AWAY, record(2, "dr"), "dr"),
        (record(1, "primary"), record(2, "dr"), "dr"),
        (record(3, "primary"), record(2, "dr"), "primary"),
        (AWAY, None, "primary"),
    ],
)
def test_the_newest_record_that_can_be_read_names_the_writer(
    primary: Record | Exception | None, dr: Record | None, writer: str
) -> None:
    assert desk(primary=primary, dr=dr).writer() == writer


def test_where_nobody_answers_it_is_unknown_and_the_site_has_to_be_named() -> None:
    with pytest.raises(SiteError, match=r"unknown which site writes.*--site"):
        desk(primary=AWAY, dr=AWAY).writer()


def test_where_the_regions_disagree_the_site_has_to_be_named() -> None:
    with pytest.raises(PlanRefused, match=r"different writers.*--site"):
        desk(primary=record(2, "primary"), dr=record(2, "dr")).writer()
