"""Deliberate faults, each with the scenario that has to catch it.

They are laid over the deployed roles and the live objects, as a wrong template or manifest would
have left them, and taken away again. The host program's `apply` would undo those of the Cluster's
role and server names by itself: that is why they are laid behind its back.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from drill.twin import Twin
from topology.site import SiteName

TakeAway = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault by name; `lay` lays it and returns how to take it away."""

    name: str
    caught_by: str
    lay: Callable[[Twin], TakeAway]


def _missing_action(twin: Twin) -> TakeAway:
    """The machines of the primary may no longer put objects."""
    iam = twin.ground.cloud.client("iam", twin.topology.dr.region)
    role, policy = f"{twin.topology.name}-primary-agent", "host"
    right = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    text = json.dumps(right)
    wrong = text.replace('"s3:PutObject"', '"s3:GetObject"')
    assert wrong != text
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=wrong)
    return lambda: iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=text)


def _skipped_table(twin: Twin) -> TakeAway:
    """The dump leaves out the table that will be dropped."""
    api = twin.sites["primary"].objects
    right = _found(api.get("ConfigMap", "dump-scripts"))["data"]["dump.sh"]
    wrong = right.replace("pg_dump --", "pg_dump --exclude-table='*.precious' --", 1)
    assert wrong != right
    api.patch("ConfigMap", "dump-scripts", {"data": {"dump.sh": wrong}})
    return lambda: api.patch("ConfigMap", "dump-scripts", {"data": {"dump.sh": right}})


def _archive_timeout_of_an_hour(twin: Twin) -> TakeAway:
    def parameters(values: dict[str, str]) -> dict[str, Any]:
        return {"postgresql": {"parameters": values}}

    was = f"{twin.archive_timeout_seconds}s"
    return _on_cluster(
        twin,
        "primary",
        parameters({"archive_timeout": "1h"}),
        parameters({"archive_timeout": was}),
    )


def _wrong_server_name(twin: Twin) -> TakeAway:
    return _other_source(twin, serverName="postgres-cluster-of-another")


def _wrong_store(twin: Twin) -> TakeAway:
    return _other_source(twin, barmanObjectName="store-dr")


def _no_replica_stanza(twin: Twin) -> TakeAway:
    """DR is told to be a cluster of its own. It leaves the history, and is cloned again."""
    word = twin.topology.dr.cluster
    _on_cluster(twin, "dr", {"replica": None}, {})
    return lambda: twin.pgtwin("failback", "--site", "dr", "--stay", "--yes-delete", word)


def _other_source(twin: Twin, **parameters: str) -> TakeAway:
    cluster = twin.topology.dr.cluster
    right = _found(twin.sites["dr"].objects.get("Cluster", cluster))["spec"]["externalClusters"]
    wrong = [
        {
            **each,
            "plugin": {
                **each["plugin"],
                "parameters": {
                    **each["plugin"]["parameters"],
                    **(parameters if each["name"] == twin.topology.primary.cluster else {}),
                },
            },
        }
        for each in right
    ]
    assert wrong != right
    return _on_cluster(twin, "dr", {"externalClusters": wrong}, {"externalClusters": right})


def _on_cluster(
    twin: Twin, site: SiteName, wrong: dict[str, Any], right: dict[str, Any]
) -> TakeAway:
    api, name = twin.sites[site].objects, twin.topology.site(site).cluster
    api.patch("Cluster", name, {"spec": wrong})
    return lambda: api.patch("Cluster", name, {"spec": right})


def _found(item: dict[str, Any] | None) -> dict[str, Any]:
    assert item is not None
    return item


FAULTS = (
    Fault(name="a missing S3 action", caught_by="dropped-table", lay=_missing_action),
    Fault(name="a dump that skips a table", caught_by="dropped-table", lay=_skipped_table),
    Fault(
        name="an archive timeout of an hour",
        caught_by="follows",
        lay=_archive_timeout_of_an_hour,
    ),
    Fault(name="a wrong server name", caught_by="follows", lay=_wrong_server_name),
    Fault(name="a replica that reads the wrong store", caught_by="follows", lay=_wrong_store),
)
NO_REPLICA_STANZA = Fault(
    name="a missing replica stanza", caught_by="follows", lay=_no_replica_stanza
)
