"""boto3 clients that several threads share, and what their errors tell."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from pgtwin.aws.answers import answers
from pgtwin.aws.clients import Clients
from pgtwin.errors import SiteRefused

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


@pytest.mark.parametrize(
    "code",
    [
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
    ],
)
def test_who_has_a_wrong_clock_is_not_sent_to_sign_in_alone(code: str) -> None:
    skewed = ClientError({"Error": {"Code": code, "Message": "Signature expired"}}, "GetParameter")

    with pytest.raises(SiteRefused, match="clock of this computer may be wrong"), answers("look"):
        raise skewed
