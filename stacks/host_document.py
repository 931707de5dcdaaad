"""The SSM document that runs the host program on a machine."""

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from host.deadlines import VERB_SECONDS


class HostDocument(Construct):
    """`pgtwin-host <verb> [arguments]`, nothing else: patterns keep a shell's own characters out.

    `bundle` only makes two runs differ, so that a new bundle runs the association again.
    """

    def __init__(self, scope: Construct, id: str, *, name: str) -> None:
        super().__init__(scope, id)
        self.name = ssm.CfnDocument(
            self,
            "Document",
            name=name,
            document_type="Command",
            document_format="JSON",
            update_method="NewVersion",
            content={
                "schemaVersion": "2.2",
                "description": "Run the pgtwin host program",
                "parameters": {
                    "verb": {"type": "String", "allowedPattern": "^[a-z_]+$"},
                    "arguments": {
                        "type": "String",
                        "default": "",
                        "allowedPattern": "^[A-Za-z0-9 ._:/=+-]*$",
                    },
                    "bundle": {
                        "type": "String",
                        "default": "",
                        "allowedPattern": "^[0-9a-f]*$",
                    },
                },
                "mainSteps": [
                    {
                        "action": "aws:runShellScript",
                        "name": "host",
                        "inputs": {
                            "timeoutSeconds": str(int(VERB_SECONDS)),
                            "runCommand": [
                                "# bundle {{ bundle }}",
                                "exec /usr/local/bin/pgtwin-host {{ verb }} {{ arguments }}",
                            ],
                        },
                    }
                ],
            },
        ).ref
