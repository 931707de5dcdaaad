"""The session document by which `pgtwin connect` reaches the writer, and nothing else."""

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from topology.names import Names
from topology.site import SiteName


class TunnelDocument(Construct):
    """A forwarded port whose end is fixed: the writer's name, on PostgreSQL's port.

    AWS' own document lets the caller choose host and port, and so leads anywhere that a server
    reaches. The caller chooses the port on his own computer alone (Systems Manager user guide,
    "Session document schema").
    """

    def __init__(self, scope: Construct, id: str, *, names: Names, site: SiteName) -> None:
        super().__init__(scope, id)
        ssm.CfnDocument(
            self,
            "Document",
            name=names.tunnel_document(site),
            document_type="Session",
            document_format="JSON",
            update_method="NewVersion",
            content={
                "schemaVersion": "1.0",
                "description": "Forward a port to the writer",
                "sessionType": "Port",
                "parameters": {
                    "localPortNumber": {"type": "String", "allowedPattern": "^[0-9]{1,5}$"}
                },
                "properties": {
                    "type": "LocalPortForwarding",
                    "host": names.writer_alias(),
                    "portNumber": "5432",
                    "localPortNumber": "{{ localPortNumber }}",
                },
            },
        )
