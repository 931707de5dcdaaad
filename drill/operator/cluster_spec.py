"""What a Cluster object asks for, as the operator understands it.

Every setting of a database comes through here from the synthesised manifests: nothing about a
cluster is written a second time in the drill.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drill.operator.archive import Archive
from drill.operator.behaviour.seen import Asked


class MissingStore(Exception):  # noqa: N818 (says what is missing)
    """The Cluster names an ObjectStore that does not exist; CloudNativePG waits for it forever."""


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """Bootstrap from another cluster's archive, to its end or to a target."""

    source: Archive
    target: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Stream:
    """How the writer of another cluster is streamed from; each secret is a name and a key."""

    parameters: Mapping[str, str]
    certificate: tuple[str, str]
    key: tuple[str, str]
    authority: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class ClusterSpec:
    """One Cluster with the ObjectStores that it names already looked up."""

    name: str
    namespace: str
    instances: int
    parameters: Mapping[str, str]
    hba: tuple[str, ...]
    synchronous: Mapping[str, Any]
    database: str
    owner: str
    owner_secret: str | None
    init: Mapping[str, Any]
    recovery: Recovery | None
    managed_roles: tuple[Mapping[str, Any], ...]
    own: Archive | None
    """The archive that this cluster writes."""
    source: Archive | None
    """The archive that it follows while it is a replica cluster."""
    stream: Stream | None
    """How it streams from that one's writer, where it does."""
    is_replica: bool
    fenced: bool

    @classmethod
    def read(cls, cluster: Mapping[str, Any], stores: Mapping[str, Any]) -> "ClusterSpec":
        """Understand a Cluster object; `stores` holds the ObjectStore objects by name.

        Raises:
            MissingStore: when the Cluster names a store that is not in `stores`.
        """
        metadata, spec = cluster["metadata"], cluster["spec"]
        replica = spec.get("replica", {})
        bootstrap = spec.get("bootstrap", {})
        kind: Mapping[str, Any] = next(iter(bootstrap.values()), {})
        postgresql = spec.get("postgresql", {})
        asked, around = Asked.of(cluster), _Around(cluster=cluster, stores=stores)
        return cls(
            name=metadata["name"],
            namespace=metadata["namespace"],
            instances=asked.instances,
            parameters=postgresql.get("parameters", {}),
            hba=tuple(postgresql.get("pg_hba", ())),
            synchronous=postgresql.get("synchronous", {}),
            database=kind.get("database", "app"),
            owner=kind.get("owner", "app"),
            owner_secret=kind.get("secret", {}).get("name"),
            init=bootstrap.get("initdb", {}),
            recovery=around.recovery(bootstrap.get("recovery")),
            managed_roles=tuple(spec.get("managed", {}).get("roles", ())),
            own=around.own(),
            source=around.source(replica["source"]) if replica else None,
            stream=_stream(around.external(replica["source"])) if replica else None,
            is_replica=asked.follows,
            fenced=asked.fenced,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The instances, the primary first."""
        return tuple(f"{self.name}-{number}" for number in range(1, self.instances + 1))

    @property
    def sidecar_environment(self) -> dict[str, str]:
        """The ObjectStores' variables; own store over recovery over replica source."""
        recovery = self.recovery.source if self.recovery else None
        merged: dict[str, str] = {}
        for archive in (self.source, recovery, self.own):
            merged.update(archive.environment if archive else {})
        return merged


def _stream(external: Mapping[str, Any]) -> Stream | None:
    if "connectionParameters" not in external:
        return None
    selectors = (external[key] for key in ("sslCert", "sslKey", "sslRootCert"))
    certificate, key, authority = ((each["name"], each["key"]) for each in selectors)
    return Stream(
        parameters=external["connectionParameters"],
        certificate=certificate,
        key=key,
        authority=authority,
    )


@dataclass(frozen=True, kw_only=True)
class _Around:
    """The archives and the other clusters that a Cluster names."""

    cluster: Mapping[str, Any]
    stores: Mapping[str, Any]

    def external(self, name: str) -> Mapping[str, Any]:
        """Another cluster."""
        found: Mapping[str, Mapping[str, Any]] = {
            each["name"]: each for each in self.cluster["spec"].get("externalClusters", ())
        }
        return found[name]

    def own(self) -> Archive | None:
        """What this one writes."""
        plugins = self.cluster["spec"].get("plugins", ())
        return next((self._archive(each) for each in plugins if each.get("isWALArchiver")), None)

    def source(self, name: str) -> Archive:
        """What another cluster writes."""
        return self._archive(self.external(name)["plugin"])

    def recovery(self, asked: Mapping[str, Any] | None) -> Recovery | None:
        """The bootstrap from an archive, where that is asked for."""
        if asked is None:
            return None
        target = asked.get("recoveryTarget", {})
        return Recovery(source=self.source(asked["source"]), target=target)

    def _archive(self, plugin: Mapping[str, Any]) -> Archive:
        parameters = plugin["parameters"]
        name = parameters["barmanObjectName"]
        if name not in self.stores:
            raise MissingStore(name)
        return Archive(
            server_name=parameters.get("serverName", self.cluster["metadata"]["name"]),
            store_name=name,
            store=self.stores[name]["spec"],
        )
