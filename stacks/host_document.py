"""The SSM document that runs the host program on a machine."""

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from host.deadlines import VERB_SECONDS
from host.machine.paths import DATA, PROGRAM

SCRIPT = (
    f"if [ -n '{{{{ bundle }}}}' ] && ! mountpoint --quiet {DATA}; then",
    "  echo 'waits for its data volume: its boot applies the bundle'; exit 0",
    "fi",
    f"exec {PROGRAM} {{{{ verb }}}} {{{{ arguments }}}}",
)
"""Lines of sh."""


class HostDocument(Construct):
    """`pgtwin-host <verb> [arguments]`, nothing else: patterns keep a shell's own characters out.

    `bundle` makes two runs differ, so that a new bundle runs the association again. The association
    alone passes it, and runs on every server that there is, one included that replaces another and
    waits for its data volume until the deployment ends. There it leaves the bundle to the boot.
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
                            "runCommand": [*SCRIPT],
                        },
                    }
                ],
            },
        ).ref
