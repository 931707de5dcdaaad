"""The two backup buckets: journals, evidence and dumps."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from pgtwin.aws.answers import answers
from pgtwin.aws.clients import Clients
from pgtwin.errors import SiteError, SiteUnreachable
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
            SiteUnreachable: when no region tells the account.
            SiteRefused: when the credentials are missing or not accepted.
        """
        naming = self._topology.names
        return {
            name: naming.bucket(self._topology.site(name).bucket, self._account) for name in SITES
        }

    def put(self, site: SiteName, key: str, body: bytes) -> None:
        """Write one object."""
        with answers(f"write {key} in {site}'s bucket"):
            self._clients[site].client("s3").put_object(
                Bucket=self.names()[site], Key=key, Body=body
            )

    def read(self, site: SiteName, key: str) -> bytes:
        """Read one object."""
        with answers(f"read {key} in {site}'s bucket"):
            found = self._clients[site].client("s3").get_object(Bucket=self.names()[site], Key=key)
            return bytes(found["Body"].read())

    def download(self, site: SiteName, key: str, path: Path) -> None:
        """Read one object of any size into a file."""
        with answers(f"read {key} in {site}'s bucket"):
            self._clients[site].client("s3").download_file(self.names()[site], key, str(path))

    def keys(self, site: SiteName, prefix: str) -> tuple[str, ...]:
        """Every key below a prefix, in order."""
        with answers(f"list {prefix} in {site}'s bucket"):
            pages = self._clients[site].client("s3").get_paginator("list_objects_v2")
            return tuple(
                item["Key"]
                for page in pages.paginate(Bucket=self.names()[site], Prefix=prefix)
                for item in page.get("Contents", ())
            )

    @cached_property
    def _account(self) -> str:
        problem: SiteError = SiteUnreachable("no region answers")
        for clients in self._clients.values():
            try:
                with answers(f"ask {clients.region} for the account"):
                    return str(clients.client("sts").get_caller_identity()["Account"])
            except SiteError as error:
                problem = error
        raise problem
