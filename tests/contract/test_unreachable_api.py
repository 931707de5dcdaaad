"""An API server that does not answer, or not us: kubectl's words, and what the host program does.

The classes decide whether a call is repeated (`Failure.PASSING`) or told at once.
"""

import pytest

from host.kubernetes.kubectl_failed import Failure, KubectlFailed
from tests.contract.side import Said, Side
from tests.contract.trouble import Trouble

pytestmark = pytest.mark.usefixtures("process")


def told(said: Said) -> tuple[str, Failure]:
    """The last line, and its class."""
    assert said.exit_code == 1, said
    failed = KubectlFailed("", said.stderr)
    return failed.message.splitlines()[-1], failed.failure


def test_nobody_listens(side: Side, trouble: Trouble) -> None:
    said = side.kubectl(*trouble.nobody_listens, "get", "configmap", "a", "-n", side.namespace)

    assert told(said) == (
        "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or "
        "port?",
        Failure.PASSING,
    )


def test_nobody_answers(side: Side, trouble: Trouble) -> None:
    side.kubectl("get", "configmap", "a", "-n", side.namespace)
    with trouble.silence():
        where = ("--request-timeout=2s", "-n", side.namespace)
        got = side.kubectl("get", "configmap", "a", *where)
        applied = side.apply(side.config_map("a"), "--request-timeout=2s")

    assert told(got)[1] is told(applied)[1] is Failure.PASSING


def test_the_server_is_unavailable(side: Side, trouble: Trouble) -> None:
    with trouble.unavailable(side) as path:
        said = side.kubectl("get", "--raw", path)

    assert told(said) == (
        "Error from server (ServiceUnavailable): the server is currently unable to handle the "
        "request",
        Failure.PASSING,
    )


def test_a_server_whose_certificate_nobody_vouches_for(side: Side, trouble: Trouble) -> None:
    said = side.kubectl(*trouble.untrusted, "get", "configmap", "a", "-n", side.namespace)

    line, failure = told(said)
    assert "x509: certificate signed by unknown authority" in line
    assert failure is Failure.UNKNOWN


def test_a_token_that_nobody_knows(side: Side, trouble: Trouble) -> None:
    side.kubectl("get", "configmap", "a", "-n", side.namespace)
    with trouble.unknown() as options:
        said = side.kubectl(*options, "get", "configmap", "a", "-n", side.namespace)

    assert told(said) == (
        "error: You must be logged in to the server (Unauthorized)",
        Failure.UNKNOWN,
    )


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("get", ("get", "configmap", "a")),
        ("delete", ("delete", "configmap", "a", "--ignore-not-found", "--wait=false")),
    ],
)
def test_a_user_without_the_right(side: Side, verb: str, arguments: tuple[str, ...]) -> None:
    said = side.kubectl("--as=nobody", *arguments, "-n", side.namespace)

    assert told(said) == (
        f'Error from server (Forbidden): configmaps "a" is forbidden: User "nobody" cannot {verb} '
        f'resource "configmaps" in API group "" in the namespace "{side.namespace}"',
        Failure.REFUSED,
    )


def test_a_user_without_the_right_to_a_list_of_the_cluster(side: Side) -> None:
    said = side.kubectl("--as=nobody", "get", "nodes")

    assert told(said) == (
        'Error from server (Forbidden): nodes is forbidden: User "nobody" cannot list resource '
        '"nodes" in API group "" at the cluster scope',
        Failure.REFUSED,
    )
