"""What doctor says of the sites as issuers of tokens."""

import json
from io import BytesIO
from typing import Any

import pytest

from pgtwin.commands.issuers import DISCOVERY, KEYS, issuers
from pgtwin.errors import SiteUnreachable
from stacks.issuer import DOCUMENTS
from tests.golden import ROOT
from topology.load import load, parse
from topology.topology import Topology
from topology.yaml_file import read

URL = "https://issuer-of-primary.s3.eu-west-1.amazonaws.com"
RIGHT = {DISCOVERY: {"issuer": URL}, KEYS: {"keys": [{"kid": "1"}]}}


def topology() -> Topology:
    document = read(ROOT / "config/default.yaml")
    document["primary"]["issuer_bucket"] = "issuer-of-primary"
    return parse(document)


class Missing(Exception):  # noqa: N818 (as boto3 calls it)
    """Whatever is asked for is not there."""


class Aws:
    """An account with or without these documents, and with these blocks."""

    exceptions: Any

    def __init__(
        self, documents: dict[str, Any] | None, blocks: dict[str, bool] | None = None
    ) -> None:
        self._documents, self._blocks = documents, blocks
        self.topology, self.account = topology(), "111122223333"
        self.clients = {"primary": self}
        missing, nowhere = type("Key", (Missing,), {}), type("Bucket", (Missing,), {})
        self.exceptions = self
        self.NoSuchKey, self.NoSuchBucket = missing, nowhere
        self.NoSuchPublicAccessBlockConfiguration = Missing

    def ask(self, service: str, what: str, look: Any) -> Any:
        return look(self)

    def get_public_access_block(self, **_of: str) -> dict[str, Any]:
        if self._blocks is None:
            raise Missing
        return {"PublicAccessBlockConfiguration": self._blocks}

    def get_object(self, **of: str) -> dict[str, Any]:
        if self._documents is None:
            raise self.NoSuchBucket
        if of["Key"] not in self._documents:
            raise self.NoSuchKey
        return {"Body": BytesIO(json.dumps(self._documents[of["Key"]]).encode())}


@pytest.mark.parametrize(
    ("documents", "blocks", "verdict", "said"),
    [
        (RIGHT, None, "right", "has its documents"),
        (RIGHT, {"BlockPublicPolicy": False}, "right", "has its documents"),
        (RIGHT, {"BlockPublicPolicy": True}, "missing", "BlockPublicPolicy"),
        (None, {"RestrictPublicBuckets": True}, "missing", "RestrictPublicBuckets"),
        (None, None, "unknown", "no bucket yet"),
        ({}, None, "missing", "lacks its documents"),
        ({DISCOVERY: RIGHT[DISCOVERY]}, None, "missing", "lacks its documents"),
        ({**RIGHT, DISCOVERY: {"issuer": "https://other"}}, None, "missing", "of another"),
        ({**RIGHT, KEYS: []}, None, "missing", "lacks its documents"),
    ],
)
def test_doctor_says_whether_aws_can_read_by_which_keys_a_site_signs(
    documents: dict[str, Any] | None, blocks: dict[str, bool] | None, verdict: str, said: str
) -> None:
    desk: Any = Aws(documents, blocks)

    (found,) = issuers(desk)

    assert (found.what, found.verdict) == ("issuer of primary", verdict)
    assert said in found.found


def test_a_region_that_is_silent_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: Any) -> None:
        raise SiteUnreachable("eu-west-1 does not answer")

    desk: Any = Aws(RIGHT)
    monkeypatch.setattr(desk, "ask", silent)

    (found,) = issuers(desk)

    assert found.verdict == "unknown"


def test_nothing_is_said_where_no_site_is_an_issuer() -> None:
    desk: Any = Aws(RIGHT)
    desk.topology = load(ROOT / "config/default.yaml")

    assert not list(issuers(desk))


def test_doctor_reads_what_the_servers_write() -> None:
    assert (DISCOVERY, KEYS) == DOCUMENTS
