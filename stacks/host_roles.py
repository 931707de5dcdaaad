"""The identities of a site's machines."""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.accepted import accept
from stacks.allow import Allow, policy
from stacks.archive_rights import database_rights, read_rights
from stacks.issuer import issuer_rights
from stacks.machine import Role
from stacks.machine_rights import machine_rights
from stacks.server_rights import server_rights
from stacks.site_arns import SiteArns
from topology.site import SiteName
from topology.topology import Topology

OF_ROLE = {
    "NIST.800.53.R5-IAMNoInlinePolicy": "The rights of this role alone, in one document that goes "
    "with it.",
    "CKV_AWS_111": "What may be done to every resource takes none, which each statement says.",
}


class HostRoles(Construct):
    """One role for servers, one for agents, under names that both regions know.

    A role is the sum of what runs on its machines: where there are no agents, the servers run the
    database too.
    """

    def __init__(
        self, scope: Construct, id: str, *, topology: Topology, site: SiteName, key: kms.IKey
    ) -> None:
        super().__init__(scope, id)
        names = topology.names
        arns = SiteArns(topology=topology, site=site, account=Aws.ACCOUNT_ID, key=key.key_arn)
        reads, writes = read_rights(arns), database_rights(arns)
        server = (
            *machine_rights(arns, "server"),
            *reads,
            *server_rights(arns),
            *issuer_rights(topology, site),
        )
        self.by_role: dict[Role, iam.Role] = {}
        if topology.site(site).agents:
            agent = (*machine_rights(arns, "agent"), *reads, *writes)
            self.by_role["agent"] = self._role("Agent", names.agent_role(site), agent)
        else:
            server += writes
        self.by_role["server"] = self._role("Server", names.server_role(site), server)

    def _role(self, id: str, name: str, rows: Sequence[Allow]) -> iam.Role:
        role = iam.Role(
            self,
            id,
            role_name=name,
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            # As JSON, which crosses into the CDK once; a call for each statement slows synth down.
            inline_policies={"host": iam.PolicyDocument.from_json(policy(rows))},
        )
        accept(role, OF_ROLE | wildcards(rows))
        return role


def wildcards(rows: Sequence[Allow]) -> dict[str, str]:
    """The findings about resources that end in a wildcard, and why they stay."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        for resource in row.resources:
            if "*" in resource:
                text = resource.replace(Aws.ACCOUNT_ID, "<AWS::AccountId>")
                reasons.setdefault(text, []).append(f"{row.sid}: {row.wildcard}")
    return {
        f"AwsSolutions-IAM5[Resource::{text}]": " ".join(because)
        for text, because in reasons.items()
    }
