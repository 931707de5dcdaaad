"""The record and the lock in Parameter Store: what concurrent, late and mistaken writers may do."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from drill.aws.embedded_aws import EmbeddedAws
from pgtwin.aws import parameter
from pgtwin.aws.clients import Clients
from pgtwin.aws.parameter import Parameter
from pgtwin.aws.site_parameters import SiteParameters
from pgtwin.errors import Locked, LockLost, RecordConflict
from pgtwin.lock import Lock
from pgtwin.record import Record
from topology.names import Names
from topology.topology import Topology

pytestmark = pytest.mark.slow
REGION = "eu-west-2"
MINE = Lock(owner="ann@laptop", run="mine", what="failover --to dr", since="2026-11-22T10:00:00Z")
ANOTHERS = replace(MINE, owner="bob@desk", run="another")
THIRD = Record(epoch=3, writer="dr", server_names={"primary": "p", "dr": "d"}, by="failover x")
FOURTH = replace(THIRD, epoch=4, writer="primary", by="switchover y")
SECOND = replace(THIRD, epoch=2, writer="primary", by="switchover z")


@pytest.fixture
def names(deployed: Any) -> Names:
    topology: Topology = deployed.topology
    return topology.names


@pytest.fixture
def here(aws: EmbeddedAws, names: Names, monkeypatch: pytest.MonkeyPatch) -> SiteParameters:
    for key, value in aws.environment(REGION).items():
        monkeypatch.setenv(key, value)
    return SiteParameters(Clients(REGION), names)


def put(name: str, text: str) -> None:
    """A put that asks nobody."""
    ssm = Clients(REGION).client("ssm")
    ssm.put_parameter(Name=name, Value=text, Type="String", Overwrite=True)


def shown(names: Names) -> int:
    """The epoch that a host program reads."""
    found = Clients(REGION).client("ssm").get_parameter(Name=names.record_parameter())
    return int(json.loads(found["Parameter"]["Value"])["epoch"])


def between(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let `act` happen once, after the look and before the put."""
    put_as_ever = Parameter._put
    left = [act]

    def late(self: Parameter, text: str, *, overwrite: bool) -> int | None:
        if overwrite and left:
            left.pop()()
        return put_as_ever(self, text, overwrite=overwrite)

    monkeypatch.setattr(Parameter, "_put", late)


def test_a_late_put_of_an_older_epoch_does_not_lower_the_record(
    here: SiteParameters, names: Names
) -> None:
    here.write_record(THIRD)
    put(names.record_parameter(), SECOND.text())

    assert here.record() == THIRD
    with pytest.raises(RecordConflict):
        here.write_record(replace(THIRD, by="switchover w"))
    here.write_record(THIRD)
    assert shown(names) == 3
    here.write_record(FOURTH)
    assert here.record() == FOURTH


def test_of_two_that_write_at_once_the_higher_epoch_stays(
    here: SiteParameters, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.write_record(SECOND)
    between(monkeypatch, lambda: put(names.record_parameter(), FOURTH.text()))

    with pytest.raises(RecordConflict, match="switchover y"):
        here.write_record(THIRD)

    assert here.record() == FOURTH
    assert shown(names) == 4


def test_of_two_that_write_the_same_epoch_the_first_stays(
    here: SiteParameters, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.write_record(SECOND)
    rival = replace(THIRD, writer="primary", by="switchover w")
    between(monkeypatch, lambda: put(names.record_parameter(), rival.text()))

    with pytest.raises(RecordConflict):
        here.write_record(THIRD)

    assert here.record() == rival


@pytest.mark.parametrize("text", ["{}", "null", '{"epoch": 999, "writer": "dr"}'])
def test_a_record_that_cannot_be_read_hides_none_and_is_written_over(
    here: SiteParameters, names: Names, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    here.write_record(THIRD)
    put(names.record_parameter(), text)

    assert here.record() == THIRD
    assert "the record in eu-west-2 is not valid" in caplog.text
    with pytest.raises(RecordConflict):
        here.write_record(SECOND)
    here.write_record(FOURTH)
    assert here.record() == FOURTH


@pytest.mark.parametrize("text", ["{}", "null", ANOTHERS.text().replace("900.0", "1e300")])
def test_a_lock_that_cannot_be_read_is_nobodys(
    here: SiteParameters, names: Names, text: str
) -> None:
    put(names.lock_parameter(), text)

    here.take_lock(MINE)
    here.release_lock(MINE.run)


def test_a_lock_is_anothers_until_it_expires_by_the_regions_clock(
    here: SiteParameters, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    class WrongClock:
        @staticmethod
        def now(_: object) -> None:
            raise AssertionError("this machine's clock may be wrong")

    monkeypatch.setattr(parameter, "datetime", WrongClock)
    here.take_lock(ANOTHERS)

    with pytest.raises(Locked, match=r"bob@desk.*for 1[45] more min at most"):
        here.take_lock(MINE)
    put(names.lock_parameter(), replace(ANOTHERS, lasts_seconds=-60).text())
    here.take_lock(MINE)
    here.extend_lock(MINE)


def test_a_lock_that_was_written_down_after_its_run_gave_it_up_is_nobodys(
    here: SiteParameters, names: Names
) -> None:
    late = replace(MINE, run="over")
    put(names.lock_parameter(), late.text())
    with pytest.raises(Locked, match="ann@laptop"):
        here.take_lock(MINE)

    on_its_machine = SiteParameters(Clients(REGION), names, is_over=lambda run: run == "over")
    on_its_machine.take_lock(MINE)

    here.extend_lock(MINE)


def test_a_lock_with_fields_of_a_later_version_is_read(here: SiteParameters, names: Names) -> None:
    later = {**json.loads(ANOTHERS.text()), "ticket": "INC-1"}
    put(names.lock_parameter(), json.dumps(later))

    with pytest.raises(Locked, match="bob@desk"):
        here.take_lock(MINE)


def test_of_two_that_take_an_expired_lock_at_once_one_holds_it(
    here: SiteParameters, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(names.lock_parameter(), replace(MINE, run="third", lasts_seconds=-60).text())
    between(monkeypatch, lambda: here.take_lock(ANOTHERS))

    with pytest.raises(Locked, match="bob@desk"):
        here.take_lock(MINE)

    here.extend_lock(ANOTHERS)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, "is gone"),
        (ANOTHERS, "was lost to bob@desk"),
        (replace(MINE, lasts_seconds=-60), "expired"),
    ],
)
def test_a_lock_that_is_lost_stays_lost(
    here: SiteParameters, names: Names, found: Lock | None, said: str
) -> None:
    if found is not None:
        put(names.lock_parameter(), found.text())

    with pytest.raises(LockLost, match=said):
        here.extend_lock(MINE)

    with pytest.raises(LockLost, match=said):
        here.extend_lock(MINE)


def test_a_lock_that_another_took_while_it_was_given_up_stays_the_others(
    here: SiteParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that slept longer than its lock wakes, and gives up what is no longer its own."""
    here.take_lock(MINE)
    between(monkeypatch, lambda: put(here._names.lock_parameter(), ANOTHERS.text()))

    here.release_lock(MINE.run)

    here.extend_lock(ANOTHERS)
    with pytest.raises(Locked, match="bob@desk"):
        here.take_lock(MINE)


def test_a_lock_that_was_given_up_and_taken_anew_is_not_taken_for_the_one_that_was_seen(
    here: SiteParameters, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were it deleted, the new one would be version 1 like the old, and two runs would hold it."""
    put(names.lock_parameter(), replace(MINE, run="third", lasts_seconds=-60).text())

    def meanwhile() -> None:
        here.release_lock("third")
        here.take_lock(ANOTHERS)

    between(monkeypatch, meanwhile)

    with pytest.raises(Locked, match="bob@desk"):
        here.take_lock(MINE)

    here.extend_lock(ANOTHERS)


def test_a_lock_is_released_by_its_holder_only(here: SiteParameters) -> None:
    here.take_lock(ANOTHERS)
    here.release_lock("mine")
    here.extend_lock(ANOTHERS)

    here.release_lock("another")
    here.take_lock(MINE)
