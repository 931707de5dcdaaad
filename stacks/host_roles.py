"""The identities of a site's machines."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.host_policy import HostPolicy
from stacks.machine import Role
from topology.site import SiteName
from topology.topology import Topology


class HostRoles(Construct):
    """One role for servers, one for agents, under names that both regions know."""

    def __init__(
        self, scope: Construct, id: str, *, topology: Topology, site: SiteName, asset_bucket: str
    ) -> None:
        super().__init__(scope, id)
        names = topology.names
        policy = HostPolicy(topology=topology, site=site, account=Aws.ACCOUNT_ID)
        agent = [*policy.every_machine(asset_bucket), *policy.database()]
        server = [*policy.every_machine(asset_bucket), *policy.server()]
        self.by_role: dict[Role, iam.Role] = {}
        if topology.site(site).agents:
            self.by_role["agent"] = self._role("Agent", names.agent_role(site), agent)
        else:
            server += policy.database()
        self.by_role["server"] = self._role("Server", names.server_role(site), server)

    def _role(self, id: str, name: str, statements: list[iam.PolicyStatement]) -> iam.Role:
        return iam.Role(
            self,
            id,
            role_name=name,
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            inline_policies={"host": iam.PolicyDocument(statements=statements)},
        )
