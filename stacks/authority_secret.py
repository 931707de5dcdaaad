"""What the key of the authority is made from, the same in both regions."""

from constructs import Construct

from stacks.replicated_secret import accept_rotation, replicated_secret
from topology.topology import Topology

FROM_THE_BEGINNING = "2000-01-01T00:00:00Z"


class AuthoritySecret(Construct):
    """One secret, replicated to the DR region, that only k3s servers read.

    CloudFormation generates it and the servers derive the key from it
    (`host/certificates/authority.py`), so nobody ever hands a key over, and nothing has to be run
    first, neither before a deployment nor between two. Retained: clients trust its certificate.
    """

    def __init__(self, scope: Construct, id: str, *, topology: Topology) -> None:
        super().__init__(scope, id)
        replicated_secret(
            self,
            "Seed",
            topology=topology,
            name=topology.names.authority_secret(),
            description=f"The certificate authority of {topology.name}",
            template={"signs_from": FROM_THE_BEGINNING},
            generated="seed",
            characters=64,
        )
        accept_rotation(
            self,
            "Rotated by pgtwin rotate-certificates --authority: clients have to trust the next "
            "authority before it signs.",
        )
