"""The region that follows the writer, ready to become it."""

import aws_cdk as cdk
from constructs import Construct

from stacks.alarms import Alarms
from stacks.backup_store import BackupStore
from stacks.bundle import Bundle
from stacks.database_hosts import DatabaseHosts
from stacks.network import Network
from stacks.pod_roles import pod_roles
from topology.topology import Topology


class DrStack(cdk.Stack):
    """Network, backup store, database hosts and alarms; credentials arrive by replication."""

    def __init__(self, scope: Construct, id: str, *, topology: Topology, bundle: Bundle) -> None:
        site = topology.dr
        super().__init__(
            scope,
            id,
            stack_name=topology.names.stack("dr"),
            env=cdk.Environment(region=site.region),
        )
        network = Network(self, "Network", site=site, follower=topology.stream_of("dr"))
        store = BackupStore(self, "BackupStore", topology=topology, site="dr")
        issuer = pod_roles(self, topology, "dr", store.key)
        hosts = DatabaseHosts(
            self,
            "DatabaseHosts",
            topology=topology,
            site="dr",
            network=network,
            key=store.key,
            bundle=bundle,
        )
        hosts.node.add_dependency(*issuer)
        Alarms(self, "Watch", topology=topology, site="dr", instances=hosts.instances)
