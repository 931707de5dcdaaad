"""What makes `cdk deploy` wait until a site works.

The first deployment waits for the wait condition, which a server signals once the site is ready or
has failed. A wait condition never waits twice, so each later change goes through the association,
which CloudFormation runs again when the bundle's hash changes and whose outcome it waits for.
"""

from aws_cdk import CfnWaitCondition, CfnWaitConditionHandle, Duration
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks.bundle import Bundle
from stacks.host_document import HostDocument
from topology.names import Names
from topology.site import SiteName

FIRST_BOOT = Duration.minutes(45)
"""Machines 5, operators 5, first base backup and clones 10; the rest is patience with mirrors."""
LATER_CHANGE = Duration.minutes(30)


class Readiness(Construct):
    """The signal's parameter, the wait condition, and the association that follows it."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        site: SiteName,
        bundle: Bundle,
    ) -> None:
        super().__init__(scope, id)
        handle = CfnWaitConditionHandle(self, "Signal")
        self.signal = ssm.StringParameter(
            self,
            "SignalParameter",
            parameter_name=names.signal_parameter(site),
            description="Where a server reports that the site is ready, or why it is not",
            string_value=handle.ref,
        )
        self.ready = CfnWaitCondition(
            self, "Ready", handle=handle.ref, timeout=str(FIRST_BOOT.to_seconds()), count=1
        )
        self.ready.node.add_dependency(self.signal)
        document = HostDocument(self, "Document", name=names.host_document(site))
        self.document_name = document.name
        changes = ssm.CfnAssociation(
            self,
            "Changes",
            association_name=f"{names.host_document(site)}-apply",
            name=document.name,
            parameters={"verb": ["apply"], "bundle": [bundle.sha256]},
            targets=[
                ssm.CfnAssociation.TargetProperty(key=f"tag:pgtwin:{key}", values=[value])
                for key, value in (
                    ("system", names.system),
                    ("site", site),
                    ("role", "server"),
                )
            ],
            max_concurrency="1",
            max_errors="0",
            compliance_severity="CRITICAL",
            wait_for_success_timeout_seconds=LATER_CHANGE.to_seconds(),
        )
        changes.node.add_dependency(self.ready)
