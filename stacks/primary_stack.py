"""The region that holds the writer until something is promoted."""

import aws_cdk as cdk
from constructs import Construct

from stacks.alarms import Alarms
from stacks.authority_secret import AuthoritySecret
from stacks.backup_store import BackupStore
from stacks.bundle import Bundle
from stacks.database_credentials import DatabaseCredentials
from stacks.database_hosts import DatabaseHosts
from stacks.network import Network
from stacks.pod_roles import pod_roles
from topology.topology import Topology


class PrimaryStack(cdk.Stack):
    """Network, backup store, database hosts and alarms, and what both regions share of secrets."""

    def __init__(self, scope: Construct, id: str, *, topology: Topology, bundle: Bundle) -> None:
        site = topology.primary
        super().__init__(
            scope,
            id,
            stack_name=topology.names.stack("primary"),
            env=cdk.Environment(region=site.region),
        )
        shared: list[Construct] = []
        if not topology.adopt_secrets:
            shared.append(DatabaseCredentials(self, "DatabaseCredentials", topology=topology))
            shared.append(AuthoritySecret(self, "Authority", topology=topology))
        network = Network(self, "Network", site=site, follower=topology.stream_of("primary"))
        store = BackupStore(self, "BackupStore", topology=topology, site="primary")
        issuer = pod_roles(self, topology, "primary", store.key)
        hosts = DatabaseHosts(
            self,
            "DatabaseHosts",
            topology=topology,
            site="primary",
            network=network,
            key=store.key,
            bundle=bundle,
        )
        hosts.node.add_dependency(*issuer)
        hosts.node.add_dependency(*shared)
        Alarms(self, "Watch", topology=topology, site="primary", instances=hosts.instances)
