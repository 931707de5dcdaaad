"""The other cluster's writer, as the designated primary of a cluster streams from it."""

from collections.abc import Callable
from pathlib import Path

from drill.kubernetes.cluster_api import ClusterApi
from drill.operator.cluster_spec import Stream
from drill.operator.secret_value import secret_value
from drill.stream.client import Credentials, StreamClient


class Upstream:
    """Nothing until a stream is asked for; recreated where its parameters change."""

    def __init__(
        self,
        api: ClusterApi,
        namespace: str,
        directory: Path,
        *,
        route: Callable[[str], int | None],
    ) -> None:
        """The files that the Secrets' keys become for PostgreSQL are in `directory`."""
        self._api = api
        self._namespace = namespace
        self._directory = directory
        self._route = route
        self._stream: Stream | None = None
        self._client: StreamClient | None = None

    @property
    def conninfo(self) -> str | None:
        """What `primary_conninfo` has to be; None where nothing is streamed from."""
        return self._client.conninfo if self._client else None

    def lead(self, stream: Stream | None) -> None:
        """Lead to that writer from now on; None leads nowhere."""
        if stream == self._stream:
            return
        self.close()
        self._stream = stream
        if stream is not None:
            self._client = StreamClient(
                stream.parameters, credentials=lambda: self._files(stream), route=self._route
            )

    def close(self) -> None:
        """End the stream."""
        if self._client:
            self._client.close()
        self._client, self._stream = None, None

    def _files(self, stream: Stream) -> Credentials:
        """Read at every connection, as the operator rewrites them when a Secret changes."""
        self._directory.mkdir(parents=True, exist_ok=True)
        certificate, key, authority = (
            self._written(*where) for where in (stream.certificate, stream.key, stream.authority)
        )
        return Credentials(certificate=certificate, key=key, authority=authority)

    def _written(self, secret: str, key: str) -> Path:
        path = self._directory / f"{secret}_{key}"
        path.write_bytes(secret_value(self._api, self._namespace, secret, key))
        path.chmod(0o600)
        return path
