"""`pgtwin rotate-certificates`, and what clients are told to trust."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drill.failures.deployed import Deployed
from pgtwin.commands.trusted import together
from tests.pgtwin.conftest import Pgtwin, result

pytestmark = pytest.mark.slow
FIRST = {"seed": "the first one " * 4, "signs_from": "2000-01-01T00:00:00Z"}


def certificate(letter: str) -> str:
    """Something of a certificate's shape."""
    return f"-----BEGIN CERTIFICATE-----\n{letter * 8}\n-----END CERTIFICATE-----\n"


@pytest.fixture
def seeded(deployed: Deployed) -> Deployed:
    deployed.client("secretsmanager", "primary").create_secret(
        Name=deployed.topology.names.authority_secret(), SecretString=json.dumps(FIRST)
    )
    return deployed


def seed(deployed: Deployed) -> dict[str, Any]:
    found = deployed.client("secretsmanager", "primary").get_secret_value(
        SecretId=deployed.topology.names.authority_secret()
    )
    return dict(json.loads(found["SecretString"]))


def publish(deployed: Deployed, site: Any, text: str) -> None:
    deployed.client("ssm", site).put_parameter(
        Name=deployed.topology.names.authority_parameter(), Value=text, Type="String"
    )


def test_leaves_are_issued_on_both_sites_and_the_authority_stays(
    pgtwin: Pgtwin, seeded: Deployed
) -> None:
    done = pgtwin("rotate-certificates")

    assert done.returncode == 0, done.stderr
    assert "certify_at" in seeded.state("primary")
    assert "certify_at" in seeded.state("dr")
    assert seed(seeded) == FIRST


def test_a_site_that_is_lost_is_left_and_the_other_gets_its_own(
    pgtwin: Pgtwin, seeded: Deployed
) -> None:
    seeded.lose("primary")

    done = pgtwin("rotate-certificates")

    assert done.returncode == 0, done.stderr
    assert "certify on primary" in done.stderr
    assert "certify_at" in seeded.state("dr")


def test_the_next_authority_signs_only_after_the_overlap(pgtwin: Pgtwin, seeded: Deployed) -> None:
    done = pgtwin("rotate-certificates", "--authority", "--overlap-days", "10")

    assert done.returncode == 0, done.stderr
    named = seed(seeded)
    signs_from = datetime.fromisoformat(named["signs_from"])
    assert named["seed"] != FIRST["seed"]
    assert timedelta(days=9.9) < signs_from - datetime.now(UTC) < timedelta(days=10.1)
    assert "certify_at" in seeded.state("dr")


def test_a_rotation_is_done_only_when_each_site_has_said_that_it_trusts_the_next_authority(
    pgtwin: Pgtwin, seeded: Deployed
) -> None:
    """The secret's copy in the other region comes later than what was put in the first."""
    looks = 3
    seeded.set_state("dr", copied_after_looks=looks)

    done = pgtwin("rotate-certificates", "--authority", "--overlap-days", "0")

    assert done.returncode == 0, done.stderr
    assert seeded.state("dr")["certified"] == looks + 1
    assert seeded.state("primary")["certified"] == 2


def test_a_third_authority_is_refused_while_two_are_trusted(
    pgtwin: Pgtwin, seeded: Deployed
) -> None:
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    seeded.set_state("dr", rotating_until=until)

    refused = pgtwin("rotate-certificates", "--authority")

    assert refused.returncode == 2
    assert f"dr trusts two authorities until {until}" in refused.stderr
    assert seed(seeded) == FIRST


def test_nothing_is_named_while_the_region_of_the_secret_is_silent(
    pgtwin: Pgtwin, seeded: Deployed
) -> None:
    seeded.lose("primary")

    refused = pgtwin("rotate-certificates", "--authority")

    assert refused.returncode == 2
    assert "eu-west-1, which does not answer; nothing was changed" in refused.stderr
    seeded.bring_back("primary")
    assert seed(seeded) == FIRST


def test_clients_are_given_what_both_regions_trust_also_when_one_is_lost(
    pgtwin: Pgtwin, deployed: Deployed
) -> None:
    assert result(pgtwin("connect", "--print", "--json"))["trusted"] is None
    publish(deployed, "primary", certificate("a"))
    publish(deployed, "dr", certificate("a") + certificate("b"))

    printed = result(pgtwin("connect", "--print", "--json"))
    file = Path(printed["trusted"])
    assert file.read_text() == certificate("a") + certificate("b")
    assert f"sslmode=verify-full&sslrootcert={file}" in printed["uri"]
    assert f"sslmode=verify-full&sslrootcert={file}" in printed["both_sites_uri"]

    deployed.lose("primary")
    assert result(pgtwin("connect", "--print", "--json"))["trusted"] == str(file)
    assert file.read_text() == certificate("a") + certificate("b")


def test_certificates_of_several_copies_are_each_there_once() -> None:
    copies = [certificate("a") + certificate("b"), certificate("b"), ""]

    assert together(copies) == certificate("a") + certificate("b")
