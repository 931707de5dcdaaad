"""One verb through the drill's gateway: what `pgtwin` gets of it."""

import shlex
import subprocess
from collections.abc import Iterator, Sequence

import pytest

from drill.ground_site import Ran
from drill.host_gateway import NO_ANSWER, UNAVAILABLE, HostGateway


def _answers(argv: Sequence[str]) -> Ran:
    if "hangs" in argv:
        raise subprocess.TimeoutExpired("host.pyz", 300)
    return Ran(exit_code=3, stdout=f"{list(argv)}\n", stderr="12:00:00 info begun\n")


@pytest.fixture
def gateway() -> Iterator[HostGateway]:
    gateway = HostGateway({"primary": _answers, "dr": lambda _: None})
    yield gateway
    gateway.close()


def _call(gateway: HostGateway, *argv: str) -> "subprocess.CompletedProcess[str]":
    command = [*shlex.split(gateway.command), *argv]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_verb_gets_its_arguments_and_gives_its_exit_code_and_both_outputs(
    gateway: HostGateway,
) -> None:
    done = _call(gateway, "primary", "status", "--state", "two words")

    assert (done.returncode, done.stderr) == (3, "12:00:00 info begun\n")
    assert done.stdout == "['status', '--state', 'two words']\n"


def _is_silent(done: "subprocess.CompletedProcess[str]") -> bool:
    return done.returncode == UNAVAILABLE and done.stderr in ("", NO_ANSWER) and not done.stdout


def test_a_site_that_does_not_answer_is_told_from_one_that_fails(gateway: HostGateway) -> None:
    assert _is_silent(_call(gateway, "dr", "status"))


def test_a_verb_that_never_came_to_an_end_got_no_answer(gateway: HostGateway) -> None:
    assert _is_silent(_call(gateway, "primary", "hangs"))


def test_nobody_answers_behind_a_closed_gateway(gateway: HostGateway) -> None:
    gateway.close()

    assert _is_silent(_call(gateway, "primary", "status"))
