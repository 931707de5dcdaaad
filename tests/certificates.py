"""Certificates for tests, issued by the host program's own code and the real openssl."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from host.certificates import tls_secrets
from host.certificates.authority import Trust, Version, trust
from host.certificates.certificate import Leaf
from host.certificates.issuing import issue_authority, issue_leaf
from host.machine.machine import Machine
from host.machine.rooted_files import RootedFiles
from host.machine.subprocess_shell import SubprocessShell
from host.machine.system_clock import SystemClock

SEED = "of a test, which nobody guesses; "
ALIAS = "writer.pgtwin.internal"


def machine(folder: Path) -> Machine:
    """One that has files, time and programs, and nothing else."""
    nothing: Any = None
    return Machine(
        shell=SubprocessShell(),
        files=RootedFiles(str(folder)),
        clock=SystemClock(),
        imds=nothing,
        web=nothing,
        aws=nothing,
    )


def believed(*seeds: str) -> Trust:
    """Trust in one authority, or in two of which the first one signs."""
    versions = [
        Version(seed=seed, signs_from=datetime(2000, 1, 1, tzinfo=UTC)) for seed in seeds or (SEED,)
    ]
    if len(versions) == 1:
        return trust(versions[0], None, datetime.now(UTC))
    later = Version(seed=versions[1].seed, signs_from=datetime(2100, 1, 1, tzinfo=UTC))
    return trust(later, versions[0], datetime.now(UTC))


def secrets(
    folder: Path, *, hosts: Sequence[str], trusted: Trust | None = None, namespace: str = "postgres"
) -> dict[str, dict[str, Any]]:
    """The three Secrets of a site, by name."""
    here, whom = machine(folder), trusted or believed()
    authority = tls_secrets.authority_secret(
        namespace, whom, [issue_authority(here, each, "pgtwin") for each in whom.trusted]
    )
    signer = tls_secrets.first(tls_secrets.bundle(authority))
    leaves = (
        Leaf(secret=tls_secrets.SERVER_TLS, name=hosts[0], usage="serverAuth", hosts=tuple(hosts)),
        Leaf(secret=tls_secrets.STREAMING_TLS, name=tls_secrets.STREAMING_USER, usage="clientAuth"),
    )
    made = [authority]
    for leaf in leaves:
        issued = issue_leaf(here, leaf, by=whom.signing, certificate=signer)
        made.append(tls_secrets.leaf_secret(namespace, leaf, whom, issued))
    return {each["metadata"]["name"]: each for each in made}
