"""What makes `cdk deploy` wait until a site works.

The first deployment waits for the wait condition, which a server signals once the site is ready or
has failed. A wait condition never waits twice, so each later change goes through the association,
which CloudFormation runs again when the bundle's hash changes and whose outcome it waits for. How
long both wait follows from what is waited for inside: `host/deadlines.py`. A second association
brings the bundle to every machine, agents too. Nobody waits for it: a machine that is off or ill
must not fail a deployment, and `pgtwin status` names those that have an older bundle.
"""

from collections.abc import Mapping

from aws_cdk import CfnWaitCondition, CfnWaitConditionHandle
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from host.deadlines import FIRST_BOOT_SECONDS, LATER_CHANGE_SECONDS
from stacks.bundle import Bundle
from stacks.host_document import HostDocument
from topology.site import SiteName
from topology.topology import Topology


class Readiness(Construct):
    """The signal's parameter, the wait condition, and the association that follows it."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        topology: Topology,
        site: SiteName,
        bundle: Bundle,
    ) -> None:
        super().__init__(scope, id)
        names, servers = topology.names, topology.site(site).servers
        handle = CfnWaitConditionHandle(self, "Signal")
        self.signal = ssm.StringParameter(
            self,
            "SignalParameter",
            parameter_name=names.signal_parameter(site),
            description="Where a server reports that the site is ready, or why it is not",
            string_value=handle.ref,
        )
        self.ready = CfnWaitCondition(
            self, "Ready", handle=handle.ref, timeout=str(int(FIRST_BOOT_SECONDS)), count=1
        )
        self.ready.node.add_dependency(self.signal)
        self._name = names.host_document(site)
        self.document_name = HostDocument(self, "Document", name=self._name).name
        changes = self._association(
            "Changes",
            verb="apply",
            bundle=bundle,
            tags={"system": names.system, "site": site, "role": "server"},
            max_errors="0",
            wait_for_success_timeout_seconds=int(LATER_CHANGE_SECONDS) * servers,
        )
        changes.node.add_dependency(self.ready)
        machines = self._association(
            "Machines",
            verb="refresh",
            bundle=bundle,
            tags={"system": names.system, "site": site},
            max_errors="100%",
        )
        machines.node.add_dependency(changes)

    def _association(
        self,
        id: str,
        *,
        verb: str,
        bundle: Bundle,
        tags: Mapping[str, str],
        max_errors: str,
        wait_for_success_timeout_seconds: int | None = None,
    ) -> ssm.CfnAssociation:
        """Run a verb on the machines with these tags, one after the other, for each new bundle."""
        return ssm.CfnAssociation(
            self,
            id,
            association_name=f"{self._name}-{verb}",
            name=self.document_name,
            parameters={"verb": [verb], "bundle": [bundle.sha256]},
            targets=[
                ssm.CfnAssociation.TargetProperty(key=f"tag:pgtwin:{key}", values=[value])
                for key, value in tags.items()
            ],
            max_concurrency="1",
            max_errors=max_errors,
            compliance_severity="CRITICAL",
            wait_for_success_timeout_seconds=wait_for_success_timeout_seconds,
        )
