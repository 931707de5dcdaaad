"""The two backup buckets: journals, evidence and dumps."""

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from pgtwin.aws.at_once import first
from pgtwin.aws.clients import Clients
from pgtwin.deadlines import CALL_SECONDS, DOWNLOAD_SECONDS, LISTING_SECONDS
from pgtwin.errors import SiteUnreachable
from topology.site import SITES, SiteName
from topology.topology import Topology


class Buckets:
    """Both buckets of a system, by the site that owns them."""

    def __init__(self, topology: Topology, clients: Mapping[SiteName, Clients]) -> None:
        self._topology = topology
        self._clients = clients

    def names(self) -> dict[SiteName, str]:
        """The buckets' names.

        Raises:
            SiteUnreachable: when no region answers with the account id.
            SiteRefused: when the credentials are missing or not accepted.
        """
        naming = self._topology.names
        return {
            name: naming.bucket(self._topology.site(name).bucket, self.account) for name in SITES
        }

    def put(self, site: SiteName, key: str, body: bytes) -> None:
        """Write one object."""
        bucket = self.names()[site]
        self._clients[site].ask(
            "s3",
            f"write {key} in {site}'s bucket",
            lambda s3: s3.put_object(Bucket=bucket, Key=key, Body=body),
        )

    def read(self, site: SiteName, key: str) -> bytes:
        """Read one object."""
        bucket = self.names()[site]
        return self._clients[site].ask(
            "s3",
            f"read {key} in {site}'s bucket",
            lambda s3: bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read()),
        )

    def download(self, site: SiteName, key: str, path: Path) -> None:
        """Read one object of any size into a file."""
        bucket = self.names()[site]
        self._clients[site].ask(
            "s3",
            f"read {key} in {site}'s bucket",
            lambda s3: s3.download_file(bucket, key, str(path)),
            seconds=DOWNLOAD_SECONDS,
        )

    def keys(self, site: SiteName, prefix: str) -> tuple[str, ...]:
        """Every key below a prefix, in order."""
        bucket = self.names()[site]

        def look(s3: Any) -> tuple[str, ...]:
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return tuple(item["Key"] for page in pages for item in page.get("Contents", ()))

        what = f"list {prefix} in {site}'s bucket"
        return self._clients[site].ask("s3", what, look, seconds=LISTING_SECONDS)

    @cached_property
    def account(self) -> str:
        """The account that the credentials are for.

        Raises:
            SiteUnreachable: when no region answers.
            SiteRefused: when the credentials are missing or not accepted.
        """
        for clients in self._clients.values():
            clients.client("sts")  # loads boto3 before time is counted
        # Both regions at once: a dead one must not hold up the answer of the other.
        asked: dict[str, Callable[[], str]] = {
            name: partial(_account, clients) for name, clients in self._clients.items()
        }
        try:
            return first(asked, CALL_SECONDS)
        except TimeoutError as error:
            raise SiteUnreachable(f"no region answered with the account id: {error}") from error


def _account(clients: Clients) -> str:
    return clients.ask(
        "sts",
        f"ask {clients.region} for the account",
        lambda sts: str(sts.get_caller_identity()["Account"]),
    )
