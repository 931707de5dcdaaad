"""The credentials of the database users, the same in both regions."""

from constructs import Construct

from stacks.replicated_secret import accept_rotation, replicated_secret
from topology.names import DUMP_USER
from topology.topology import Topology


class DatabaseCredentials(Construct):
    """One secret per user, replicated to the DR region.

    Retained: a physical copy keeps the passwords that it was taken with, so losing the secret would
    lock everyone out of a restore.
    """

    def __init__(self, scope: Construct, id: str, *, topology: Topology) -> None:
        super().__init__(scope, id)
        for user in (topology.database.owner, DUMP_USER):
            replicated_secret(
                self,
                user,
                topology=topology,
                name=topology.names.database_secret(user),
                description=f"PostgreSQL user {user} of {topology.name}",
                template={"username": user},
                generated="password",
                characters=48,
            )
        accept_rotation(
            self,
            "Rotated by hand on the writer: a password that changes while the regions are apart "
            "would differ between a secret and the copy that it opens.",
        )
