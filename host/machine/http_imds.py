"""The instance metadata service over HTTP, where botocore looks for it too."""

import json
import os
import urllib.request
from functools import cache
from http.client import HTTPException

from host.errors import Failed
from host.machine.machine import Identity

_ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
_TIMEOUT_SECONDS = 5


class HttpImds:
    """IMDSv2: a session token first, then the paths."""

    def __init__(self) -> None:
        self._endpoint = os.environ.get(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254"
        ).rstrip("/")
        self._get = cache(self._fetch)

    def identity(self) -> Identity:
        """Which machine this is."""
        document = json.loads(self._get("dynamic/instance-identity/document"))
        return Identity(
            account=document["accountId"],
            region=document["region"],
            zone=document["availabilityZone"],
            instance_id=document["instanceId"],
            architecture=_ARCHITECTURES[document["architecture"]],
            private_ip=document["privateIp"],
        )

    def tag(self, name: str) -> str:
        """The value of one of this instance's tags."""
        return self._get(f"meta-data/tags/instance/{name}")

    def _fetch(self, path: str) -> str:
        token = urllib.request.Request(  # noqa: S310
            f"{self._endpoint}/latest/api/token",
            method="PUT",
            headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"},
        )
        try:
            with urllib.request.urlopen(token, timeout=_TIMEOUT_SECONDS) as reply:  # noqa: S310
                header = {"X-aws-ec2-metadata-token": reply.read().decode()}
            request = urllib.request.Request(f"{self._endpoint}/latest/{path}", headers=header)  # noqa: S310
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as reply:  # noqa: S310
                return str(reply.read().decode())
        except (HTTPException, OSError) as error:
            raise Failed(
                f"the instance metadata service did not give {path}: {error} - check the "
                "instance's tags, and that metadata and tags in metadata are switched on"
            ) from None
