"""psql through a port that Session Manager forwards."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from pgtwin.commands.desk import Desk
from pgtwin.commands.tool_version import VERSION_SECONDS, tool_version
from pgtwin.commands.trusted import trusted
from pgtwin.errors import SiteFailed, SiteRefused, SiteUnreachable
from topology.site import SiteName
from topology.topology import Topology

OPEN_SECONDS = 20.0
PLUGIN = "session-manager-plugin"
SESSION = "AWS_SSM_START_SESSION_RESPONSE"
"""The variable whose name is given in the place of the session (aws-cli pull request 8336)."""
LEAST_PLUGIN = (1, 2, 764, 0)
"""The first that signs the request for the session's channel, and the least that AWS supports
(Systems Manager user guide, "Session Manager plugin latest version and release history"). Up to
1.2.497.0 it wants the session and the token in it as an argument, which every user of the computer
sees (aws-cli, awscli/customizations/sessionmanager.py)."""


def tunnel(desk: Desk, site: SiteName, port: int) -> int:
    """Open the port, run psql until it ends, close the port; psql's exit code.

    Raises:
        SiteRefused: where a tool is missing.
        SiteFailed: when the port does not open in time.
    """
    for tool, package in (
        ("psql", "the PostgreSQL client"),
        (PLUGIN, "AWS' Session Manager plugin"),
    ):
        if shutil.which(tool) is None:
            raise SiteRefused(
                f"{tool} is not on PATH; install {package} first, then run: pgtwin doctor"
            )
    require_recent_plugin()
    with desk.working(f"open a session with {site}"):
        plugin, session = _plugin(desk, site, port)
    forwarding = subprocess.Popen(
        plugin, env={**os.environ, SESSION: session}, stdout=subprocess.DEVNULL
    )
    try:
        with desk.working(f"wait for port {port}"):
            _await(port)
        return subprocess.run(
            ["psql", connection(desk.topology, port, trusted(desk))],
            env=_environment(desk, site),
            check=False,
        ).returncode
    finally:
        forwarding.terminate()
        forwarding.wait()


def require_recent_plugin() -> str:
    """Look at the plugin on PATH; its version.

    Raises:
        SiteRefused: naming the version that is needed, or that it did not tell its own.
    """
    version = _said(VERSION_SECONDS)
    if tuple(map(int, re.findall(r"\d+", version)[:4])) < LEAST_PLUGIN:
        least = ".".join(map(str, LEAST_PLUGIN))
        raise SiteRefused(
            f"{PLUGIN} {version or 'of an unknown version'} does not sign what it asks of AWS, or "
            f"shows the session's token to every user of this computer; install {least} or newer"
        )
    return version


def _said(seconds: float) -> str:
    try:
        return tool_version(PLUGIN, seconds)
    except subprocess.TimeoutExpired:
        raise SiteRefused(
            f"{PLUGIN} did not tell its version within {seconds:.0f} s; nothing was opened - run: "
            f"{PLUGIN} --version"
        ) from None


def _plugin(desk: Desk, site: SiteName, port: int) -> tuple[list[str], str]:
    """What to start, and the session that it finds in its environment."""
    clients = desk.clients[site]
    target = {
        "Target": _server(desk, site),
        "DocumentName": desk.topology.names.tunnel_document(site),
        "Parameters": {"localPortNumber": [str(port)]},
    }
    session = clients.ask(
        "ssm", f"open a session in {clients.region}", lambda ssm: ssm.start_session(**target)
    )
    session.pop("ResponseMetadata", None)
    words = [
        PLUGIN,
        SESSION,
        clients.region,
        "StartSession",
        os.environ.get("AWS_PROFILE", ""),
        json.dumps(target),
        str(clients.client("ssm").meta.endpoint_url),
    ]
    return words, json.dumps(session)


def _server(desk: Desk, site: SiteName) -> str:
    clients = desk.clients[site]
    tags = {"system": desk.topology.name, "site": site, "role": "server"}
    filters = [{"Key": f"tag:pgtwin:{key}", "Values": [value]} for key, value in tags.items()]
    found: list[dict[str, Any]] = clients.ask(
        "ssm",
        f"look for machines in {clients.region}",
        lambda ssm: ssm.describe_instance_information(Filters=filters)["InstanceInformationList"],
    )
    online = sorted(each["InstanceId"] for each in found if each["PingStatus"] == "Online")
    if not online:
        raise SiteUnreachable(f"no server of {site} is online in Session Manager")
    return str(online[0])


def _await(port: int) -> None:
    deadline = time.monotonic() + OPEN_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise SiteFailed(f"the port did not open within {OPEN_SECONDS:.0f} s")


def connection(topology: Topology, port: int, authorities: Path) -> str:
    """What psql is given: it speaks to the writer by its name, whoever forwards the port.

    Whoever listens on the port first has no certificate of that name, and whoever relays to the
    real server is found by the binding to its TLS; a pooler cannot bind (PgBouncer has no
    SCRAM-SHA-256-PLUS). The password itself is sent to nobody.
    """
    database = topology.database
    file = str(authorities).replace("\\", r"\\").replace("'", r"\'")
    binding = "" if database.pooler_instances else " channel_binding=require"
    return (
        f"host={topology.names.writer_alias()} hostaddr=127.0.0.1 port={port} "
        f"dbname={database.name} user={database.owner} "
        f"sslmode=verify-full sslrootcert='{file}' require_auth=scram-sha-256{binding}"
    )


def _environment(desk: Desk, site: SiteName) -> dict[str, str]:
    owner = desk.topology.database.owner
    name = desk.topology.names.database_secret(owner)
    secret = desk.clients[site].ask(
        "secretsmanager",
        "read the password",
        lambda secrets: secrets.get_secret_value(SecretId=name)["SecretString"],
    )
    return {**os.environ, "PGPASSWORD": str(json.loads(secret)["password"])}
