"""A new password for a database user.

What always holds: nothing changes while the region of the secret is silent. The secret changes
first and in one place, Secrets Manager of the primary's region, which copies it to the other
region; both sites then take it from there. A run that was interrupted may make one more password,
which does no harm.
"""

import json
import secrets

from pgtwin.commands.desk import Desk
from pgtwin.errors import PlanRefused
from pgtwin.plan import Plan, Step
from pgtwin.run import Run
from topology.site import SITES

BYTES = 24
"""192 bits, in an alphabet that needs no quoting in a connection string."""


def rotation(desk: Desk, run: Run, user: str, repeat: str) -> Plan:
    """New secret, then each site."""
    return Plan(
        what=f"new password of {user}",
        steps=(
            Step(
                name="check",
                changes="nothing",
                undo="nothing to undo",
                act=lambda: refuse_silence(desk, run),
            ),
            Step(
                name="new secret",
                changes=f"{desk.topology.names.database_secret(user)} in Secrets Manager",
                undo="the version AWSPREVIOUS of the secret",
                act=lambda: _renew(desk, user),
            ),
            *(
                Step(
                    name=f"apply on {site}",
                    changes=f"the Kubernetes Secret of {user} on {site}; the writer's role too",
                    undo="nothing to undo: it follows Secrets Manager",
                    act=desk.sites[site].apply,
                )
                for site in SITES
            ),
        ),
        repeat=repeat,
    )


def refuse_silence(desk: Desk, run: Run) -> None:
    """Every secret is written in the primary's region, and nowhere else.

    Raises:
        PlanRefused: where that does not answer.
    """
    if "primary" in run.silent:
        raise PlanRefused(
            f"the secret is kept in {desk.topology.primary.region}, which does not answer; nothing "
            "was changed - repeat after the failback; to do it before, read: docs/rotate.md"
        )


def _renew(desk: Desk, user: str) -> None:
    password = secrets.token_urlsafe(BYTES)
    desk.clients["primary"].ask(
        "secretsmanager",
        "write the new secret",
        lambda secrets_manager: secrets_manager.put_secret_value(
            SecretId=desk.topology.names.database_secret(user),
            SecretString=json.dumps({"username": user, "password": password}),
        ),
    )
