"""boto3 clients that give up in time."""

import threading
from typing import Any

CONNECT_SECONDS = 2
READ_SECONDS = 5
WORLDWIDE_REGION = "us-east-1"
"""Where IAM and Route 53 are signed for; they answer while another region is lost."""


class Clients:
    """The services of one region; a region that is lost costs seven seconds a call at most."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._clients: dict[str, Any] = {}
        # A session may be used by one thread at a time; the clients that it makes by any number.
        self._making = threading.Lock()

    def client(self, service: str) -> Any:
        """The client of one service."""
        with self._making:
            if service not in self._clients:
                self._clients[service] = self._make(service)
            return self._clients[service]

    def _make(self, service: str) -> Any:
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": 1},
        )
        return boto3.Session(region_name=self.region).client(service, config=config)
