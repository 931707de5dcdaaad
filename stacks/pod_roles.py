"""Who a site's pods are to AWS."""

from collections.abc import Sequence

from aws_cdk import Aws, NestedStack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.accepted import accept
from stacks.allow import Allow, policy
from stacks.host_roles import OF_ROLE, wildcards
from stacks.issuer import Issuer
from stacks.pod_rights import (
    database_pod_rights,
    database_trust,
    dump_pod_rights,
    dump_trust,
)
from stacks.site_arns import SiteArns
from topology.site import SiteName
from topology.topology import Topology


class PodRoles(NestedStack):
    """The site as an issuer, and a role for each kind of pod."""

    def __init__(
        self, scope: Construct, id: str, *, topology: Topology, site: SiteName, key: kms.IKey
    ) -> None:
        super().__init__(scope, id)
        names, here = topology.names, topology.site(site)
        if here.issuer is None or here.issuer_bucket is None:
            raise ValueError(f"{site} is no issuer")
        arns = SiteArns(topology=topology, site=site, account=Aws.ACCOUNT_ID, key=key.key_arn)
        made = Issuer(
            self,
            "Issuer",
            bucket=here.issuer_bucket,
            issuer=here.issuer,
            writer=names.server_role(site),
        )
        trust = database_trust(here.issuer, made.provider)
        self._role("Database", names.database_role(site), trust, database_pod_rights(arns))
        trust = dump_trust(here.issuer, made.provider)
        self._role("Dump", names.dump_role(site), trust, dump_pod_rights(arns))

    def _role(self, id: str, name: str, trust: dict[str, object], rows: Sequence[Allow]) -> None:
        role = iam.CfnRole(
            self,
            id,
            role_name=name,
            assume_role_policy_document=trust,
            policies=[iam.CfnRole.PolicyProperty(policy_name="pod", policy_document=policy(rows))],
        )
        accept(role, OF_ROLE | wildcards(rows))


def pod_roles(
    scope: Construct, topology: Topology, site: SiteName, key: kms.IKey
) -> tuple[PodRoles, ...]:
    """None where the site is no issuer."""
    if topology.site(site).issuer is None:
        return ()
    return (PodRoles(scope, "PodRoles", topology=topology, site=site, key=key),)
