"""The host program and `pgtwin` share no code: what both do alike is compared here."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice, product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from hypothesis import example, given
from hypothesis import strategies as st

from host.archive.generations import and_earlier
from host.errors import Refused, TimedOut
from host.machine.waiting import wait_for
from host.verbs.restore import refuse_name
from host.writer.stored_record import stored_record
from pgtwin.aws.clients import Clients
from pgtwin.aws.site_parameters import SiteParameters
from pgtwin.clock import pauses
from pgtwin.commands.new_names import refuse_cluster_name
from pgtwin.errors import PlanRefused
from pgtwin.record import SERVER_NAME, Record
from tests.host.decisions.examples import document
from topology.load import load
from topology.site import SITES

TOPOLOGY = load(Path(__file__).parents[3] / "config" / "default.yaml")
OWNED = TOPOLOGY.model_copy(
    update={"database": TOPOLOGY.database.model_copy(update={"owner": "books_ca"})}
)
DOCUMENT = document()
JOB = "{}-1-full-recovery"
"""What CloudNativePG calls the Job of a restore (`host/kubernetes/recovery_job.py`)."""
LONGEST_JOB = 63
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z0-9](-g[0-9]{1,2})?", fullmatch=True)


@given(first=NAMES, clones=st.integers(min_value=0, max_value=12))
def test_every_generation_that_failback_named_is_found_by_a_restore_the_newest_first(
    first: str, clones: int
) -> None:
    record = Record(epoch=1, writer="dr", server_names={"primary": first, "dr": "dr"})
    named = [first]
    for _ in range(clones):
        named.append(record.next_server_name("primary"))
        record = Record(epoch=1, writer="dr", server_names={"primary": named[-1], "dr": "dr"})

    searched = and_earlier(named[-1])

    assert searched[: len(named)] == tuple(reversed(named))
    assert all(SERVER_NAME.fullmatch(name) for name in searched)


@dataclass
class Clock:
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.mark.parametrize("longest", [0.1, 1.0, 2.0, 5.0])
def test_both_programs_wait_with_the_same_growing_pauses(longest: float) -> None:
    clock = Clock()

    with pytest.raises(TimedOut):
        wait_for(clock, "nothing", lambda: None, deadline_seconds=20, every_seconds=longest)

    assert clock.slept == list(islice(pauses(longest), len(clock.slept)))
    assert clock.slept[-1] == longest


@pytest.mark.parametrize(("length", "taken"), [(47, True), (48, False), (50, False), (51, False)])
def test_both_programs_take_a_restores_name_where_kubernetes_takes_its_job(
    length: int, taken: bool
) -> None:
    name = "n" * length

    assert (len(JOB.format(name)) <= LONGEST_JOB) == taken
    assert (_refused_by(lambda: refuse_cluster_name(TOPOLOGY, name)) is None) == taken
    assert (_refused_by(lambda: refuse_name(name, DOCUMENT)) is None) == taken


@pytest.mark.parametrize(
    ("name", "object_"),
    [
        *(("default", "default"), ("pooler", "pooler-rw"), ("pooler-rw", "pooler-rw")),
        ("postgres-cluster-primary", "postgres-cluster-primary"),
        ("postgres-cluster-barman-cloud", "postgres-cluster-barman-cloud"),
        ("postgres-cluster-dr-rw", "postgres-cluster-dr-rw"),
        ("books", "books-ca"),
    ],
)
def test_both_programs_refuse_a_restore_an_object_of_which_has_a_name_that_is_kept(
    name: str, object_: str
) -> None:
    assert f"would have an object {object_}, " in str(_refused_by(lambda: _by_pgtwin(name)))
    assert f"would have an object {object_}, " in str(_refused_by(lambda: _by_host(name)))


@given(
    name=st.one_of(
        NAMES,
        st.sampled_from(("app", "dump", "postgres", "postgres-writer", "pooler-r", "before-it")),
        st.from_regex(r"(postgres-cluster(-dr)?|books|pooler)(-[a-z]{1,12}){0,2}", fullmatch=True),
    )
)
@example(name="postgres-cluster-before")
def test_both_programs_take_the_same_names_for_a_restore(name: str) -> None:
    pgtwins, hosts = (_refused_by(partial(by, name)) for by in (_by_pgtwin, _by_host))

    assert (pgtwins is None) == (hosts is None)
    if name == "postgres-cluster-before":
        assert hosts is None


def _by_pgtwin(name: str) -> None:
    refuse_cluster_name(OWNED, name)


def _by_host(name: str) -> None:
    secrets = replace(DOCUMENT.secrets, database={"books_ca": "a", "dump_user": "b"})
    refuse_name(name, replace(DOCUMENT, secrets=secrets))


class Versions:
    """One parameter of Parameter Store, for either program; a version is an epoch and a writer."""

    exceptions = SimpleNamespace(
        ParameterNotFound=type("ParameterNotFound", (ClientError,), {}),
        ParameterVersionNotFound=type("ParameterVersionNotFound", (ClientError,), {}),
    )
    region = "eu-west-1"

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._texts = texts

    def ask(self, _service: str, _what: str, call: Callable[[Any], Any]) -> Any:
        return call(self)

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803 (boto3's)
        _, _, number = Name.partition(":")
        version = int(number or len(self._texts))
        found = {"Value": self._texts[version - 1], "Version": version}
        return {
            "Parameter": {**found, "LastModifiedDate": datetime(2026, 1, 1, tzinfo=UTC)},
            "ResponseMetadata": {"HTTPHeaders": {}},
        }


PUTS = (
    "no record",
    *(
        Record(epoch=epoch, writer=writer, server_names={"primary": "p", "dr": "d"}).text()
        for epoch in (3, 4)
        for writer in SITES
    ),
)


@pytest.mark.parametrize("puts", [1, 2, 3])
def test_both_programs_read_the_same_record_whatever_landed_late(puts: int) -> None:
    for texts in product(PUTS, repeat=puts):
        region = Versions(texts)
        theirs = SiteParameters(cast(Clients, region), TOPOLOGY.names).record()
        ours = stored_record(region, "record", region.region)

        assert (ours and (ours.epoch, ours.writer)) == (theirs and (theirs.epoch, theirs.writer)), (
            texts
        )


def _refused_by(check: Callable[[], None]) -> Exception | None:
    try:
        check()
    except (PlanRefused, Refused) as refused:
        return refused
    return None
