"""AWS by boto3, imported on first use: the import alone takes longer than `--help` may."""

from typing import Any

from host.machine.machine import Imds

PATIENT: dict[str, Any] = {
    "retries": {"mode": "standard", "total_max_attempts": 6},
    "connect_timeout": 5,
    "read_timeout": 30,
}
BRIEF: dict[str, Any] = {
    "retries": {"mode": "standard", "total_max_attempts": 1},
    "connect_timeout": 2,
    "read_timeout": 3,
}
"""For what may lie in a lost region and must not hold up the status or the promotion that the loss
makes needed: the peer's copy of the record, the one thing that is asked of SSM in another region,
whether the peer's archive answers, and all that the gate reads, which may be in the lost region
itself."""


class BotoAws:
    """Clients with the instance's role; retries and throttling are botocore's standard mode."""

    def __init__(self, imds: Imds) -> None:
        self._imds = imds
        self._clients: dict[tuple[str, str, bool], Any] = {}

    def client(self, service: str, region: str | None = None, *, brief: bool = False) -> Any:
        """A client, made once."""
        where = region or self._imds.identity().region
        brief = brief or self._is_peers_record(service, where)
        if (service, where, brief) not in self._clients:
            import boto3
            from botocore.config import Config

            config = Config(**(BRIEF if brief else PATIENT))
            client = boto3.client(service, region_name=where, config=config)
            self._clients[service, where, brief] = client
        return self._clients[service, where, brief]

    def anybody(self, service: str) -> Any:
        """A client that signs nothing."""
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config

        config = Config(signature_version=UNSIGNED, **PATIENT)
        return boto3.client(service, region_name=self._imds.identity().region, config=config)

    def _is_peers_record(self, service: str, region: str) -> bool:
        return service == "ssm" and region != self._imds.identity().region
