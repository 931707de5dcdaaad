"""A row written and read as applications do it: as the database's owner, through the service."""

import base64

from host.errors import Failed
from host.kubernetes.credentials import secret_name
from host.postgres import heartbeat
from host.postgres.psql import Psql, connect
from host.site import Site

_RECENT_SECONDS = 60


def write_and_read(site: Site, pod: str) -> bool:
    """Write the heartbeat's row through the writer's service and read it back.

    Raises:
        Failed: with what psql said.
    """
    document = site.document
    leader = Psql.at(site, pod)
    heartbeat.ensure(leader, document.database.owner, users=document.secrets.database)
    script = (
        connect(
            host=f"{document.cluster}-rw",
            dbname=document.database.name,
            user=document.database.owner,
            password=_password(site),
            connect_timeout="5",
        )
        + heartbeat.write_script(document.site)
        + heartbeat.age_script(document.site)
    )
    age = Psql.at(site, pod).query(script)
    return age is not None and 0 <= float(age) < _RECENT_SECONDS


def _password(site: Site) -> str:
    name = secret_name(site.document.database.owner)
    secret = site.kubectl.get("secret", name, "-n", site.document.namespace)
    if secret is None:
        raise Failed(f"the Secret {name} is missing - run: pgtwin-host apply")
    return base64.b64decode(secret["data"]["password"]).decode()
