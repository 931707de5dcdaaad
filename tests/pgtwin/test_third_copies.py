"""What doctor says of backups that S3 copies to another account."""

from typing import Any

import pytest

from pgtwin.commands.third_copies import judged, third_copies
from pgtwin.errors import SiteUnreachable
from tests.golden import ROOT
from topology.load import load, parse
from topology.third_copy import ThirdCopy
from topology.topology import Topology
from topology.yaml_file import read

OWN, OTHER = "111122223333", "444455556666"
KEY = f"arn:aws:kms:eu-central-1:{OTHER}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
COPY = ThirdCopy(bucket="copies-of-primary", key=KEY)
OLDER, NEWEST = (f"physical/postgres-cluster/base/2026112{day}T020000/" for day in (6, 7))


def topology() -> Topology:
    document = read(ROOT / "config/default.yaml")
    document["primary"]["third_copy"] = {"bucket": COPY.bucket, "key": KEY}
    return parse(document)


@pytest.mark.parametrize(
    ("status", "verdict", "said", "remedy"),
    [
        ("COMPLETED", "right", f"is in account {OTHER}", ""),
        ("FAILED", "missing", "could not copy", "read: docs/security.md"),
        ("PENDING", "unknown", "not copied it yet", "run: pgtwin doctor"),
        (None, "missing", "before S3 was told", "run: pgtwin backup now --site primary"),
    ],
)
def test_the_newest_base_backup_tells_whether_s3_copies(
    status: str | None, verdict: str, said: str, remedy: str
) -> None:
    found = judged("primary", COPY, account=OWN, newest="20261127T020000", status=status)

    assert (found.verdict, found.remedy) == (verdict, remedy)
    assert said in found.found


def test_a_copy_in_the_systems_own_account_is_none() -> None:
    found = judged("primary", COPY, account=OTHER, newest="20261127T020000", status="COMPLETED")

    assert found.verdict == "missing"
    assert "another account" in found.remedy


def test_without_a_base_backup_it_is_unknown() -> None:
    found = judged("primary", COPY, account=OWN, newest=None, status=None)

    assert found.verdict == "unknown"


class Aws:
    """A bucket with these keys, and S3 as it tells of one of them."""

    def __init__(self, *keys: str, silent: bool = False) -> None:
        self._keys, self._silent = keys, silent
        self.topology, self.account = topology(), OWN
        self.buckets, self.clients = self, {"primary": self}
        self.looked_at = ""

    def keys(self, site: str, prefix: str) -> tuple[str, ...]:
        assert (site, prefix) == ("primary", "physical/")
        if self._silent:
            raise SiteUnreachable("eu-west-1 does not answer")
        return self._keys

    def names(self) -> dict[str, str]:
        return {"primary": "backups"}

    def ask(self, service: str, what: str, look: Any) -> Any:
        return look(self)

    def head_object(self, **of: str) -> dict[str, str]:
        self.looked_at = of["Key"]
        return {"ReplicationStatus": "COMPLETED"}


def test_only_what_the_configuration_has_copied_is_looked_at() -> None:
    aws: Any = Aws(f"{OLDER}backup.info", f"{NEWEST}data.tar", f"{NEWEST}backup.info")

    (found,) = third_copies(aws)

    assert (found.what, found.verdict) == ("third copy of primary", "right")
    assert aws.looked_at == f"{NEWEST}backup.info"


def test_a_region_that_is_silent_is_unknown() -> None:
    aws: Any = Aws(silent=True)

    (found,) = third_copies(aws)

    assert found.verdict == "unknown"


def test_nothing_is_said_where_nothing_is_copied() -> None:
    aws: Any = Aws()
    aws.topology = load(ROOT / "config/default.yaml")

    assert not list(third_copies(aws))
