"""The roles that a Cluster declares under `managed`, and its owner's password."""

from collections.abc import Callable

from drill.operator import bootstrap
from drill.operator.cluster_spec import ClusterSpec
from drill.operator.instance import Instance

_OPTIONS = ("login", "superuser", "createdb", "createrole", "replication", "bypassrls")


def manage(
    spec: ClusterSpec, primary: Instance, password: Callable[[str | None], str | None]
) -> None:
    """Create what is missing; `password` reads a Secret."""
    existing = {row[0] for row in primary.query("SELECT rolname FROM pg_roles")}
    for role in spec.managed_roles:
        if role["name"] in existing:
            continue
        options = [option.upper() for option in _OPTIONS if role.get(option)]
        _change(primary, f'CREATE ROLE "{role["name"]}" {" ".join(options)}')
        for group in role.get("inRoles", []):
            _change(primary, f'GRANT "{group}" TO "{role["name"]}"')
        secret = role.get("passwordSecret", {}).get("name")
        bootstrap.set_password(primary, role["name"], password(secret))


def _change(primary: Instance, sql: str) -> None:
    primary.query(sql, commit_locally=True)
