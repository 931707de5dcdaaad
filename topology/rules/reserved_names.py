"""Names that PostgreSQL, CloudNativePG, AWS or pgtwin itself keeps."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.names import (
    AUTHORITY_CERTIFICATES,
    DUMP_USER,
    POOLER,
    POOLER_CERTIFICATE_END,
    SERVER_CERTIFICATE,
    STREAMING_CERTIFICATE,
    VERIFIED_DATABASE,
)
from topology.refused import Problem

if TYPE_CHECKING:
    from topology.topology import Topology

_OWNERS = {
    "postgres": "PostgreSQL's superuser",
    "streaming_replica": "CloudNativePG's replication user",
    "public": "a word of PostgreSQL's (CREATE ROLE refuses it)",
    "none": "a word of PostgreSQL's (CREATE ROLE refuses it)",
    DUMP_USER: "the user that takes the dumps",
    f"loader_of_{VERIFIED_DATABASE}": "what a verification drops and makes, to load a dump as",
}
"""Sources: cloudnative-pg v1.30.0 pkg/postgres/roles.go, IsRoleReserved; PostgreSQL's
src/backend/parser/gram.y, RoleId."""
_OWNER_PREFIXES = {
    "pg_": "PostgreSQL keeps it (src/backend/catalog/catalog.c, IsReservedName)",
    "cnpg_": "CloudNativePG keeps it (IsRoleReserved)",
}
_DATABASES = {
    "postgres": "there already, and pgtwin's own sessions are in it",
    "template0": "there already",
    "template1": "there already",
    VERIFIED_DATABASE: "what a verification restores a dump into, beside the archive's database",
}
_POOLER_DATABASE = "pgbouncer"
"""PgBouncer's console; a client that asks for it never reaches PostgreSQL."""
_SYSTEMS = ("aws", "amazon", "amzn")
"""Reserved prefixes of the names of SSM documents (its API reference, CreateDocument, Name)."""
_OF_THE_CLUSTER = ("app", "ca", "pull-secret", "replication", "server", "superuser")
"""What CloudNativePG appends to a Cluster's name for its own Secrets (v1.30.0
api/v1/cluster_types.go)."""
_CERTIFICATES = (AUTHORITY_CERTIFICATES, SERVER_CERTIFICATE, STREAMING_CERTIFICATE)
_WRITERS_SERVICE = "-rw"
"""What CloudNativePG appends to a Cluster's name for the Service of its writer."""
OBJECTS_OF_A_CLUSTER = (
    *("", "-barman-cloud", "-primary", "-pull", "-r", "-ro", _WRITERS_SERVICE),
    *(POOLER_CERTIFICATE_END, *(f"-{each}" for each in _OF_THE_CLUSTER)),
)
"""What is appended to a Cluster's name for all objects that belong to it. The operator takes what
has such a name for the Cluster's: it deletes a disruption budget, changes a Role, and stops at a
Service (cloudnative-pg v1.30.0 internal/controller/cluster_create.go; plugin-barman-cloud
v0.14.0 internal/cnpgi/operator/specs/role.go)."""
THROW_AWAY = "verify-"
"""What the names of a verification's clusters begin with."""


def owner(topology: "Topology") -> Iterator[Problem]:
    name = topology.database.owner
    why = _OWNERS.get(name) or next(
        (f"{prefix}: {who}" for prefix, who in _OWNER_PREFIXES.items() if name.startswith(prefix)),
        None,
    )
    if why:
        yield Problem(fields=("database.owner",), allowed=f"another name; {name} is kept: {why}")
    elif name.endswith("_"):
        yield Problem(
            fields=("database.owner",),
            allowed=f"a name that ends with a letter or digit: the Secret of {name} would end with "
            "a hyphen, which Kubernetes refuses",
        )
    yield from _owner_of_a_secret(topology, name.replace("_", "-"))


def _owner_of_a_secret(topology: "Topology", secret: str) -> Iterator[Problem]:
    if secret in _CERTIFICATES:
        yield Problem(
            fields=("database.owner",),
            allowed=f"another name: the Secret {secret} holds certificates",
        )
    for site, place in topology.sites():
        kept = {f"{place.cluster}-{each}": "CloudNativePG keeps" for each in _OF_THE_CLUSTER}
        kept[f"{place.cluster}{POOLER_CERTIFICATE_END}"] = "PgBouncer's certificate keeps"
        if secret in kept:
            yield Problem(
                fields=("database.owner", f"{site}.cluster"),
                allowed=f"names apart: {kept[secret]} the Secret {secret} for itself",
            )


def database(topology: "Topology") -> Iterator[Problem]:
    name = topology.database.name
    why = _DATABASES.get(name)
    if name == _POOLER_DATABASE and topology.database.pooler_instances:
        why = "PgBouncer's console"
    if why:
        yield Problem(fields=("database.name",), allowed=f"another name; {name} is {why}")


def system(topology: "Topology") -> Iterator[Problem]:
    if topology.name.startswith(_SYSTEMS):
        yield Problem(
            fields=("name",),
            allowed=f"a name that does not begin with {', '.join(_SYSTEMS)}: AWS keeps those for "
            f"its own SSM documents, not {topology.name}",
        )


def clusters(topology: "Topology") -> Iterator[Problem]:
    yield from _clusters_with_a_pooler(topology)
    for site, place in topology.sites():
        if place.cluster.startswith(THROW_AWAY):
            yield Problem(
                fields=(f"{site}.cluster",),
                allowed=f"a name that does not begin with {THROW_AWAY}: a verification's clusters "
                "do, and are deleted",
            )


def _clusters_with_a_pooler(topology: "Topology") -> Iterator[Problem]:
    """The webhook refuses a Pooler of the Cluster's own name (cloudnative-pg v1.30.0
    internal/webhook/v1/pooler_webhook.go, validateCluster), and both get a Service of their name.
    """
    taken = (POOLER, POOLER.removesuffix(_WRITERS_SERVICE))
    for site, place in topology.sites():
        if topology.database.pooler_instances and place.cluster in taken:
            yield Problem(
                fields=(f"{site}.cluster", "database.pooler_instances"),
                allowed=f"a name other than {' and '.join(taken)} with a pooler: the Pooler and "
                f"its Service are called {POOLER}",
            )
