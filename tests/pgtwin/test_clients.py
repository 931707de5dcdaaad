"""boto3 clients that several threads share."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pgtwin.aws.clients import Clients

THREADS = 8


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


def test_every_thread_catches_the_errors_that_any_thread_of_a_client_gets() -> None:
    clients, together = Clients("eu-west-1"), threading.Barrier(THREADS)

    def caught(_: int) -> type[BaseException]:
        client = clients.client("ssm")
        together.wait(60)
        error: type[BaseException] = client.exceptions.ParameterNotFound
        return error

    with ThreadPoolExecutor(THREADS) as pool:
        assert len(set(pool.map(caught, range(THREADS)))) == 1
