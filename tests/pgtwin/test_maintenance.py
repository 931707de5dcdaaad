"""`pgtwin upgrade` and `pgtwin rotate-credentials`, against the embedded AWS."""

import json

import pytest

from drill.failures.deployed import Deployed
from tests.pgtwin.conftest import Pgtwin
from topology.site import SITES

pytestmark = pytest.mark.slow


def test_an_upgrade_takes_the_replica_of_the_moment_first(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    assert pgtwin("switchover", "--to", "dr").returncode == 0

    done = pgtwin("upgrade")

    assert done.returncode == 0, done.stderr
    assert deployed.state("primary")["upgrade_at"] < deployed.state("dr")["upgrade_at"]


def test_an_upgrade_stops_at_the_first_site_that_is_not_healthy(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    deployed.set_state("dr", upgrade_fails="agent-1 is not ready after its upgrade")

    stopped = pgtwin("upgrade")

    assert stopped.returncode == 3
    assert "agent-1 is not ready" in stopped.stderr
    assert "upgrade_at" not in deployed.state("primary")


def test_a_new_password_reaches_the_secret_and_then_both_sites(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    before = _secret(deployed)

    done = pgtwin("rotate-credentials")

    assert done.returncode == 0, done.stderr
    after = _secret(deployed)
    assert after != before
    assert after not in done.stdout + done.stderr
    assert all("apply_at" in deployed.state(site) for site in SITES)


def test_no_password_changes_while_the_region_of_the_secret_is_lost(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    before = _secret(deployed)
    deployed.lose("primary")

    refused = pgtwin("rotate-credentials")

    assert refused.returncode == 2
    assert "eu-west-1, which does not answer; nothing was changed" in refused.stderr
    assert "apply_at" not in deployed.state("dr")
    deployed.bring_back("primary")
    assert _secret(deployed) == before


def _secret(deployed: Deployed) -> str:
    topology = deployed.topology
    found = deployed.client("secretsmanager", "primary").get_secret_value(
        SecretId=topology.names.database_secret(topology.database.owner)
    )
    return str(json.loads(found["SecretString"])["password"])
