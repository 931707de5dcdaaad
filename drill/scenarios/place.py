"""Where an instance lives, and on which data: before and after its machine is replaced."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drill.ground_site import NoAnswer
from drill.scenarios.stage import Stage
from topology.site import SiteName


@dataclass(frozen=True, kw_only=True)
class Place:
    """Of one instance."""

    machine: str
    address: str
    claim: str
    """The UID of the claim on its data: a clone has a new one."""
    cluster: str
    """The UID of the Cluster: new where the API has forgotten everything."""


def place(stage: Stage, site: SiteName, instance: str) -> Place:
    """Where it is.

    Raises:
        NoAnswer: when a part of that is not seen.
    """

    def seen(kind: str, name: str) -> Mapping[str, Any]:
        found = stage.twin.sites[site].objects.get(kind, name)
        if found is None:
            raise NoAnswer(f"{kind} {name} is not seen")
        return found

    node = seen("Node", str(seen("Pod", instance)["spec"].get("nodeName")))
    addresses = {each["type"]: each["address"] for each in node["status"]["addresses"]}
    return Place(
        machine=node["metadata"]["name"],
        address=addresses["InternalIP"],
        claim=seen("PersistentVolumeClaim", instance)["metadata"]["uid"],
        cluster=stage.cluster(site)["metadata"]["uid"],
    )
