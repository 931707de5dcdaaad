"""A wait condition whose machines boot meanwhile: until a signal, or until it is given up."""

import io
import json
import threading
from wsgiref.util import setup_testing_defaults

import pytest

from drill.aws.wait_signals import PATH, NotSignalled, WaitSignals

STACK, HANDLE = "lab-dr-DatabaseHosts-X", f"{PATH}lab-dr-Signal/1"


@pytest.fixture
def signals() -> WaitSignals:
    """Awaited in the stacks of one system's site."""
    found = WaitSignals()
    found.wait_in("lab-dr*", wait=True)
    return found


def put(signals: WaitSignals, status: str, node: str) -> None:
    body = {"Status": status, "Reason": "no disk", "UniqueId": node, "Data": ""}
    text = json.dumps(body).encode()
    environ = {
        "REQUEST_METHOD": "PUT",
        "PATH_INFO": HANDLE,
        "CONTENT_LENGTH": str(len(text)),
        "wsgi.input": io.BytesIO(text),
    }
    setup_testing_defaults(environ)
    signals(environ, lambda *_: lambda _: None)


def test_only_the_stacks_that_were_named_wait(signals: WaitSignals) -> None:
    assert signals.is_awaited(STACK)
    assert not signals.is_awaited("lab-primary")
    assert not signals.is_awaited("dr-lab-dr")


def test_a_signal_of_success_ends_the_wait(signals: WaitSignals) -> None:
    waiting = threading.Thread(
        target=signals.wait, args=(STACK, HANDLE), kwargs={"count": 1, "seconds": 60}, daemon=True
    )
    waiting.start()

    put(signals, "SUCCESS", "server-1")

    waiting.join(60)
    assert not waiting.is_alive()


def test_a_signal_of_failure_fails_with_its_machine_and_reason(signals: WaitSignals) -> None:
    put(signals, "FAILURE", "agent-1")

    with pytest.raises(NotSignalled, match="'no disk' for uniqueId: agent-1"):
        signals.wait(STACK, HANDLE, count=1, seconds=60)


def test_without_a_signal_it_fails_at_the_end_of_its_time(signals: WaitSignals) -> None:
    with pytest.raises(NotSignalled, match="Received 0 conditions when expecting 1"):
        signals.wait(STACK, HANDLE, count=1, seconds=0)


def test_a_wait_that_is_given_up_fails(signals: WaitSignals) -> None:
    signals.wait_in("lab-dr*", wait=False)

    with pytest.raises(NotSignalled, match="timed out"):
        signals.wait(STACK, HANDLE, count=1, seconds=3600)
