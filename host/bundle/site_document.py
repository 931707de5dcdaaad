"""What the bundle says about this site: `site.json`, read strictly.

An unknown key, a missing key or a value of another type refuses the whole document: a bundle and a
program that do not belong together must not touch a database.
"""

import json
import types
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from host.errors import Refused

Role = Literal["server", "agent"]


@dataclass(frozen=True, kw_only=True)
class Database:
    """The database that both sites hold."""

    name: str
    owner: str
    archive_timeout_seconds: int
    postgres: int
    """The major version that is configured. A Cluster that exists keeps its own until `pgtwin
    upgrade --postgres`."""
    images: dict[str, str]
    """The pinned image of each major version that can be configured."""
    refused_settings: dict[str, tuple[str, ...]]
    """By major version, the settings of another one that it does not start with, in lower case."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """One machine of the site."""

    name: str
    role: Role
    zone: str
    host: str
    """Its name in the private zone, which leads to whichever instance has the node's name."""


@dataclass(frozen=True, kw_only=True)
class K3s:
    """The pinned release; `sha256` by architecture, `mirror` an S3 prefix or None for GitHub."""

    version: str
    sha256: dict[str, str]
    mirror: str | None


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Names in Secrets Manager; `database` by user."""

    server_token: str
    agent_token: str
    authority: str
    database: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Names in SSM."""

    bundle: str
    signal: str
    record: str
    authority: str


@dataclass(frozen=True, kw_only=True)
class Peer:
    """What this site has to know about the other one."""

    site: str
    region: str
    cluster: str
    bucket: str
    physical_prefix: str


@dataclass(frozen=True, kw_only=True)
class SiteDocument:
    """The whole document; its shape is in docs/interfaces.md."""

    schema: Literal[1]
    system: str
    site: str
    region: str
    writer: str
    cluster: str
    replication: Literal["archive", "streaming", "synchronous"]
    """How a replica gets the writer's WAL: from the archive alone, or by the stream as well; with
    `synchronous` a commit returns when it has it."""
    rpo_seconds: int | None
    """With `synchronous` how much of what was acknowledged the other region may lack; 0 for
    nothing. Null in every other mode."""
    instances: int
    data_volume_gib: int
    """Nothing reads it. It is here so that a deployment that only enlarges volumes makes a new
    bundle: then each machine runs `refresh`, which lets the filesystem fill its volume."""
    namespace: str
    bucket: str
    physical_prefix: str
    etcd_prefix: str
    dumps_prefix: str
    evidence_prefix: str
    issuer: str | None
    """What the site calls itself in tokens of its pods, whose bucket of public documents begins
    that name; null where pods have no roles of their own."""
    retention_days: int
    """For how long base backups and their WAL are kept."""
    database: Database
    nodes: tuple[Node, ...]
    k3s: K3s
    secrets: Secrets
    parameters: Parameters
    api_host: str
    writer_alias: str
    writer_node_port: int
    server_names: tuple[str, ...]
    peer: Peer

    @classmethod
    def parse(cls, text: str) -> "SiteDocument":
        """Read the document.

        Raises:
            Refused: naming the first field that is not as it must be.
        """
        try:
            value = json.loads(text)
        except ValueError as error:
            raise Refused(f"site.json is not JSON: {error} - deploy the site again") from None
        document: SiteDocument = _read(cls, value, "site.json")
        return document

    def node(self, name: str) -> Node:
        """The node called `name`.

        Raises:
            Refused: where the site has no such node.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        known = ", ".join(node.name for node in self.nodes)
        raise Refused(f"this site has no node {name!r}, only {known} - correct the tag pgtwin:node")

    def names(self, role: Role) -> tuple[str, ...]:
        """The names of the nodes with a role, in order."""
        return tuple(node.name for node in self.nodes if node.role == role)


def _read(kind: Any, value: Any, where: str) -> Any:
    if is_dataclass(kind):
        return _read_object(kind, value, where)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal and value in inner:
        return value
    if origin is tuple and isinstance(value, list):
        return tuple(_read(inner[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if origin is dict and isinstance(value, dict):
        return {key: _read(inner[1], item, f"{where}.{key}") for key, item in value.items()}
    plain = inner if origin is types.UnionType else (kind,)
    if origin not in (Literal, tuple, dict) and type(value) in plain:
        return value
    raise _unfit(where, f"{value!r} is not {_describe(kind)}")


def _read_object(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise _unfit(where, "is not an object")
    hints = get_type_hints(kind)
    wanted = [field.name for field in fields(kind)]
    for key in (*wanted, *value):
        if key not in value:
            raise _unfit(f"{where}.{key}", "is missing")
        if key not in wanted:
            raise _unfit(f"{where}.{key}", "is not known to this program")
    return kind(**{key: _read(hints[key], value[key], f"{where}.{key}") for key in wanted})


def _describe(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(map(repr, get_args(kind)))
    return str(getattr(kind, "__name__", kind)).replace("NoneType", "null")


def _unfit(where: str, what: str) -> Refused:
    return Refused(f"{where} {what} - deploy the site again, so that bundle and program match")
