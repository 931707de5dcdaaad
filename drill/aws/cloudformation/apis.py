"""How the provisioning calls the services that it stands in front of."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config

_MODELS = botocore.loaders.create_loader()
"""Reads the model of each service once for all sessions."""


@dataclass(frozen=True, kw_only=True)
class Apis:
    """The service APIs of the embedded AWS, as the administrator."""

    endpoints: tuple[tuple[str, str], ...]
    access_key_id: str
    secret_access_key: str

    @cache  # noqa: B019 (one object per process, for its whole life)
    def client(self, service: str, region: str) -> Any:
        """The client of a service in a region; a region without an endpoint uses any other's."""
        endpoints = dict(self.endpoints)
        session = botocore.session.get_session()
        session.register_component("data_loader", _MODELS)
        return boto3.session.Session(botocore_session=session).client(
            service,
            region_name=region,
            endpoint_url=endpoints.get(region) or next(iter(endpoints.values())),
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            config=Config(retries={"max_attempts": 1}),
        )
