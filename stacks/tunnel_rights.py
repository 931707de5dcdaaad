"""What opens the tunnel of `pgtwin connect`, and keeps it open."""

from stacks.allow import Allow
from stacks.machine_rights import BY_TAG
from stacks.site_arns import SiteArns

_BY_DOCUMENT = {"BoolIfExists": {"ssm:SessionDocumentAccessCheck": "true"}}
"""Without it a session that names no document is a shell, and IAM looks at no document for it. Each
statement that allows sessions needs it (Systems Manager user guide, "Start a default shell session
by specifying the default session document in IAM policies")."""
_OWN_SESSION = "A session's id begins with the id of who began it, and ends as AWS chooses."


def tunnel_rights(arns: SiteArns) -> tuple[Allow, ...]:
    """Begin a session with a machine by the tunnel's document, and use one's own sessions.

    session-manager-plugin signs the request that opens a session's channel since 1.2.764.0, and
    asks to resume a session that broke off (Systems Manager user guide, "Quickstart end user
    policies for Session Manager").
    """
    site, names = arns.site.capitalize(), arns.topology.names
    return (
        Allow(
            sid=f"ToMachines{site}",
            actions=("ssm:StartSession",),
            resources=(arns.here("ec2", "instance/*"),),
            wildcard=BY_TAG,
            conditions={"StringEquals": arns.tags("ssm:resourceTag"), **_BY_DOCUMENT},
        ),
        Allow(
            sid=f"Tunnel{site}",
            actions=("ssm:StartSession",),
            resources=(arns.here("ssm", f"document/{names.tunnel_document(arns.site)}"),),
            conditions=_BY_DOCUMENT,
        ),
        Allow(
            sid=f"OwnSessions{site}",
            actions=("ssm:ResumeSession", "ssmmessages:OpenDataChannel"),
            resources=(arns.here("ssm", "session/${aws:userid}-*"),),
            wildcard=_OWN_SESSION,
        ),
    )
