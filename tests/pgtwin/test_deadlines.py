"""Nobody is waited for without an end, and a silent region costs its time once."""

import threading

import pytest

from host.deadlines import COPY_SECONDS, FOLLOW_SECONDS, VERIFY_SECONDS
from host.verbs import backup
from pgtwin.aws.at_once import first
from pgtwin.aws.clients import Clients
from pgtwin.deadlines import (
    BEGIN_SECONDS,
    BY_VERB,
    CALL_SECONDS,
    DELIVERY_SECONDS,
    SUSPECT_SECONDS,
    verb_seconds,
)
from pgtwin.errors import SiteFailed, SiteUnreachable
from tests.host_verbs import verbs


@pytest.mark.parametrize(
    ("verb", "host_seconds"),
    [
        ("backup", COPY_SECONDS),
        ("dump", COPY_SECONDS),
        ("follow", FOLLOW_SECONDS),
        ("restore", COPY_SECONDS),
        ("verify", VERIFY_SECONDS),
    ],
)
def test_a_verb_is_waited_for_longer_than_the_host_program_lets_it_take(
    verb: str, host_seconds: float
) -> None:
    assert verb_seconds(verb) > host_seconds


def test_every_verb_of_the_host_program_has_its_deadline() -> None:
    assert set(BY_VERB) == verbs()


def test_a_base_backup_has_the_host_programs_time_to_begin_and_its_delivery() -> None:
    assert BEGIN_SECONDS > backup.BEGIN_SECONDS + DELIVERY_SECONDS


class Service(Clients):
    """Clients whose services are whatever the call makes of them."""

    def __init__(self) -> None:
        super().__init__("eu-west-1")
        self.given: list[float] = []

    def client(self, service: str) -> str:
        self.given.append(self._patience.seconds)
        return service


def test_a_call_that_hangs_ends_and_the_next_is_given_little_time_until_one_answers() -> None:
    service, never = Service(), threading.Event()

    with pytest.raises(SiteUnreachable, match="read it: no answer"):
        service.ask("ssm", "read it", lambda _: never.wait(), seconds=0.05)
    service.ask("ec2", "look", lambda _: None)
    service.ask("ec2", "look", lambda _: None)

    assert service.given == [CALL_SECONDS, SUSPECT_SECONDS, CALL_SECONDS]


def test_an_error_of_our_own_making_is_no_answer_of_a_region() -> None:
    def mistake(_: object) -> None:
        raise KeyError("a mistake in this program")

    with pytest.raises(KeyError):
        Service().ask("ssm", "read it", mistake)


def test_the_first_answer_is_not_held_up_by_a_dead_region() -> None:
    never = threading.Event()

    def refuse() -> str:
        raise SiteFailed("no")

    def hang() -> str:
        never.wait()
        return "late"

    assert first({"dead": hang, "failing": refuse, "well": lambda: "here"}, 60.0) == "here"
    with pytest.raises(SiteFailed):
        first({"failing": refuse}, 60.0)
