"""AWS by boto3, imported on first use: the import alone takes longer than `--help` may."""

from typing import Any

from host.machine.machine import Imds


class BotoAws:
    """Clients with the instance's role; retries and throttling are botocore's standard mode."""

    def __init__(self, imds: Imds) -> None:
        self._imds = imds
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str | None = None) -> Any:
        """A client, made once."""
        where = region or self._imds.identity().region
        if (service, where) not in self._clients:
            import boto3
            from botocore.config import Config

            config = Config(
                retries={"mode": "standard", "total_max_attempts": 6},
                connect_timeout=5,
                read_timeout=30,
            )
            self._clients[service, where] = boto3.client(service, region_name=where, config=config)
        return self._clients[service, where]
