"""What a site's servers hold together: its Nodes, etcd's members, and the password of each node.

As k3s has them (pkg/etcd/etcd.go, `join`; pkg/nodepassword; pkg/etcd/member_controller.go): a node
that has no longer what it came with first, is let in again only after its Node was deleted, which
takes its etcd member out first and lets its password go.
"""

from dataclasses import dataclass, field


class Rejected(Exception):  # noqa: N818 (a verdict)
    """What k3s says of it."""


@dataclass(kw_only=True)
class ScriptedCluster:
    """All that survives the machines."""

    nodes: set[str] = field(default_factory=set)
    """Every one is Ready."""
    members: dict[str, str] = field(default_factory=dict)
    """The name of each server's member."""
    passwords: dict[str, str] = field(default_factory=dict)
    made: int = 0
    """How often a cluster was made from nothing or from one server's datastore."""

    def new_password(self, node: str) -> str:
        """Another one than the cluster knows."""
        return f"{self.passwords.get(node, node)}."

    def new_member(self, node: str) -> str:
        """Another name than the cluster knows."""
        return f"{self.members.get(node, node)}-1"

    def admit(self, node: str, password: str) -> None:
        """Let a node in, with the password that it was first let in with."""
        if self.passwords.setdefault(node, password) != password:
            raise Rejected("Node password rejected, duplicate hostname or contents of ...")

    def begin(self, node: str) -> None:
        """A cluster of one."""
        self.made += 1
        self.members = {node: f"{node}-1"}

    def join(self, node: str, member: str) -> None:
        """Add a member, or find the one that was added before."""
        if self.members.setdefault(node, member) != member:
            raise Rejected("duplicate node name found, please use a unique name for this node")

    def delete(self, node: str) -> None:
        """`kubectl delete node`."""
        self.nodes.discard(node)
        self.members.pop(node, None)
        self.passwords.pop(node, None)
