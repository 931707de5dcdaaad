"""A site's certificates: issued, renewed, rotated, published; by the real openssl."""

import base64
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from host.certificates import tls_secrets
from host.certificates.authority import LEAF_VALID
from host.certificates.upkeep import keep_certificates
from host.errors import Failed
from tests.golden import ROOT
from tests.host.site.conftest import MakeWorld
from tests.host.site.world import Killed, World

DAY = 86_400.0
POOLER = "postgres-cluster-pooler"
LEAVES = [tls_secrets.SERVER_TLS, tls_secrets.STREAMING_TLS, POOLER]
SECRETS = (tls_secrets.AUTHORITY, *LEAVES)


@pytest.fixture
def certified(world: World) -> World:
    """A site whose first `apply` has issued everything."""
    world.apply()
    return world


def keep(world: World, *, renew: bool = False) -> dict[str, Any]:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "postgres"}}
    world.api.apply(namespace)
    return keep_certificates(world.site, world.site.kubectl, renew=renew)


def certificates(world: World, name: str, key: str = "tls.crt") -> list[x509.Certificate]:
    secret = world.api.get("Secret", name)
    assert secret is not None
    return x509.load_pem_x509_certificates(base64.b64decode(secret["data"][key]))


def server(world: World) -> x509.Certificate:
    return certificates(world, tls_secrets.SERVER_TLS)[0]


def trusted(world: World) -> list[x509.Certificate]:
    return certificates(world, tls_secrets.AUTHORITY, "ca.crt")


def versions(world: World) -> list[str]:
    found = [world.api.get("Secret", name) for name in SECRETS]
    return [each["metadata"]["resourceVersion"] for each in found if each]


def published(world: World) -> str:
    name = world.topology.names.authority_parameter()
    return str(world.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])


def rotate(world: World, *, days: float) -> None:
    """Name the next authority, as `pgtwin rotate-certificates --authority` does."""
    signs_from = world.clock.now() + timedelta(days=days)
    put_version(world, {"seed": "the next one " * 4, "signs_from": signs_from.isoformat()})


def put_version(world: World, version: dict[str, str]) -> None:
    """Put a version of the secret."""
    world.client("secretsmanager").put_secret_value(
        SecretId=world.topology.names.authority_secret(), SecretString=json.dumps(version)
    )


def seed_of_the_page(world: World, *, days: float) -> dict[str, str]:
    """`seed.json` of docs/rotate.md, with its words replaced by what they stand for."""
    page = (ROOT / "docs/rotate.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"`seed\.json` is `(\{.*?\})`", page)
    version: dict[str, str] = json.loads(text)
    assert version["seed"] == "64 random characters"
    signs_from = world.clock.now() + timedelta(days=days)
    return {**version, "seed": "r" * 64, "signs_from": signs_from.strftime("%Y-%m-%dT%H:%M:%SZ")}


def verifies(leaf: x509.Certificate, authorities: list[x509.Certificate]) -> bool:
    for each in authorities:
        if leaf.issuer == each.subject:
            leaf.verify_directly_issued_by(each)
            return True
    return False


def has_the_key_of(one: x509.Certificate, authorities: list[x509.Certificate]) -> bool:
    """Whether what that key signs is believed: an authority's certificates for itself differ."""
    return any(each.public_key() == one.public_key() for each in authorities)


@pytest.mark.parametrize(
    ("secret", "user"),
    [(tls_secrets.STREAMING_TLS, "streaming_replica"), (POOLER, "cnpg_pooler_pgbouncer")],
)
def test_a_standby_and_the_pooler_are_the_users_that_the_operator_lets_in(
    certified: World, secret: str, user: str
) -> None:
    (client,) = certificates(certified, secret)
    usage = client.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    name = client.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value

    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert name == user
    with pytest.raises(x509.ExtensionNotFound):
        client.extensions.get_extension_for_class(x509.SubjectAlternativeName)


def test_a_server_answers_to_every_name(certified: World) -> None:
    hosts = server(certified).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert hosts.get_values_for_type(x509.DNSName) == list(certified.site.document.server_names)
    assert certified.topology.names.writer_alias() in certified.site.document.server_names


def test_clients_of_either_site_need_the_bundle_of_one(certified: World, dr: World) -> None:
    keep(dr)

    for leaf in (server(certified), server(dr), *certificates(dr, tls_secrets.STREAMING_TLS)):
        assert verifies(leaf, trusted(certified))
        assert verifies(leaf, trusted(dr))


def test_the_key_of_the_authority_is_not_in_kubernetes_and_not_on_the_machine(
    certified: World,
) -> None:
    secret = certified.api.get("Secret", tls_secrets.AUTHORITY)

    assert secret is not None
    assert secret["data"].keys() == {"ca.crt"}
    assert not certified.files.exists("/run/pgtwin/certificates")


def test_what_is_good_is_left_alone_and_what_runs_out_is_issued_anew(certified: World) -> None:
    before = versions(certified)

    assert keep(certified)["issued"] == []
    certified.clock.sleep((LEAF_VALID - tls_secrets.RENEW_BEFORE).total_seconds() - DAY)
    assert keep(certified)["issued"] == []
    assert versions(certified) == before
    certified.clock.sleep(2 * DAY)
    assert keep(certified)["issued"] == LEAVES
    assert versions(certified)[0] == before[0]


def test_a_new_name_is_certified_at_once(certified: World) -> None:
    changed = {"metadata": {"annotations": {tls_secrets.HOSTS: "another.host"}}}
    certified.api.patch("Secret", tls_secrets.SERVER_TLS, changed)

    assert keep(certified)["issued"] == [tls_secrets.SERVER_TLS]


def test_a_secret_that_was_emptied_is_filled_again(certified: World) -> None:
    certified.api.delete("Secret", tls_secrets.SERVER_TLS)
    certified.api.delete("Secret", tls_secrets.AUTHORITY)

    keep(certified)

    assert verifies(server(certified), trusted(certified))


def test_while_the_authority_rotates_every_certificate_fits_what_was_trusted_before_and_after(
    certified: World,
) -> None:
    old = trusted(certified)
    rotate(certified, days=14)

    during = keep(certified)
    both = trusted(certified)
    assert (during["issued"], len(both)) == ([], 2)
    assert published(certified).count("BEGIN CERTIFICATE") == 2
    assert verifies(server(certified), old)

    certified.clock.sleep(15 * DAY)
    assert keep(certified)["issued"] == LEAVES
    assert verifies(server(certified), both)
    assert not verifies(server(certified), old)
    assert len(trusted(certified)) == 2

    certified.clock.sleep(LEAF_VALID.total_seconds())
    keep(certified)
    assert len(trusted(certified)) == 1
    assert verifies(server(certified), both)


def test_after_the_steps_of_the_page_a_stolen_authority_is_trusted_by_nobody(
    certified: World,
) -> None:
    (stolen,) = trusted(certified)
    rotate(certified, days=14)
    keep(certified, renew=True)
    fetched = trusted(certified)
    assert has_the_key_of(stolen, fetched)

    put_version(certified, seed_of_the_page(certified, days=14))
    done = keep(certified, renew=True)

    assert done["issued"] == LEAVES
    assert not has_the_key_of(stolen, trusted(certified))
    told = x509.load_pem_x509_certificates(published(certified).encode())
    assert not has_the_key_of(stolen, told)
    assert verifies(server(certified), fetched), "clients that fetched the file before connect"
    assert not verifies(server(certified), [stolen])

    fetched = trusted(certified)
    certified.clock.sleep(15 * DAY)
    assert keep(certified)["issued"] == LEAVES
    assert verifies(server(certified), fetched)


def test_renew_issues_every_leaf_and_leaves_the_authority(certified: World) -> None:
    before, bundle = versions(certified), published(certified)

    keep(certified, renew=True)

    after = versions(certified)
    assert after[0] == before[0]
    assert not set(after[1:]) & set(before[1:])
    assert published(certified) == bundle


def test_a_run_that_was_cut_off_at_any_write_is_made_good_by_the_next(
    make_world: MakeWorld,
) -> None:
    for effect in range(1, len(SECRETS) + 1):
        world = make_world("primary" if effect % 2 else "dr")
        world.power.until = effect
        with pytest.raises(Killed):
            keep(world)
        world.power.until = None

        keep(world)

        assert verifies(server(world), trusted(world))


def test_a_seed_that_cannot_be_read_changes_nothing(certified: World) -> None:
    before = versions(certified)
    certified.client("secretsmanager").put_secret_value(
        SecretId=certified.topology.names.authority_secret(), SecretString="no JSON"
    )

    with pytest.raises(Failed, match="AWSPREVIOUS"):
        keep(certified)

    assert versions(certified) == before
