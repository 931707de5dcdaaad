"""Names that two sides use without talking to each other are the same on both."""

import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

from host.certificates import tls_secrets
from host.certificates.authority import Version
from tests.stacks.synthesised import ACCOUNT, Synthesised
from topology import names
from topology.names import DUMP_USER
from topology.site import SITES, SiteName


def site_json(each: Synthesised, site: SiteName) -> dict[str, Any]:
    with zipfile.ZipFile(each.folder / f"bundle-{site}.zip") as bundle:
        text = bundle.read("site.json").decode().replace("__ACCOUNT_ID__", ACCOUNT)
    document: dict[str, Any] = json.loads(text)
    return document


def names_of(each: Synthesised, site: SiteName, kind: str, key: str) -> set[str]:
    return {found[key] for found in each.properties(site, kind) if key in found}


def test_each_site_calls_the_others_bucket_by_its_name(each: Synthesised) -> None:
    for site in SITES:
        other = each.topology.other(site)
        theirs = names_of(each, other, "AWS::S3::Bucket", "BucketName")
        ours = names_of(each, site, "AWS::S3::Bucket", "BucketName")

        assert site_json(each, site)["bucket"] in ours
        assert site_json(each, site)["peer"]["bucket"] in theirs
        assert site_json(each, site)["peer"]["bucket"] in json.dumps(
            each.properties(site, "AWS::IAM::Role")
        )


def test_every_bucket_name_is_one_that_s3_accepts(each: Synthesised) -> None:
    for site in SITES:
        for name in names_of(each, site, "AWS::S3::Bucket", "BucketName"):
            assert len(name) <= 63
            assert name == name.lower()
            assert "_" not in name


def test_the_secrets_that_machines_ask_for_are_made(each: Synthesised) -> None:
    database = {each.topology.database.owner, DUMP_USER}
    made_once = names_of(each, "primary", "AWS::SecretsManager::Secret", "Name")
    for site in SITES:
        secrets = site_json(each, site)["secrets"]
        made = names_of(each, site, "AWS::SecretsManager::Secret", "Name")

        assert {secrets["server_token"], secrets["agent_token"]} <= made
        assert secrets["database"].keys() == database
        assert set(secrets["database"].values()) <= made_once
        assert secrets["authority"] in made_once


def test_the_secrets_that_a_cluster_names_are_those_that_the_host_program_makes() -> None:
    named = (names.AUTHORITY_CERTIFICATES, names.SERVER_CERTIFICATE, names.STREAMING_CERTIFICATE)

    assert named == (tls_secrets.AUTHORITY, tls_secrets.SERVER_TLS, tls_secrets.STREAMING_TLS)
    assert names.POOLER_CERTIFICATE_END == tls_secrets.POOLER_END


def test_both_sites_answer_to_the_writers_name_and_each_to_its_own(each: Synthesised) -> None:
    topology = each.topology
    for site in SITES:
        hosts = site_json(each, site)["server_names"]
        region = topology.site(site).region

        assert hosts[0] == f"{topology.site(site).cluster}-rw"
        assert topology.names.writer_alias() in hosts
        assert topology.names.site_host(site) in hosts
        assert topology.names.site_host(topology.other(site)) not in hosts
        assert {f"*.elb.{region}.amazonaws.com", f"*.{region}.elb.amazonaws.com"} <= set(hosts)
        assert len(hosts) == len(set(hosts))


def test_the_authority_is_replicated_to_the_dr_region_and_signs_from_the_beginning(
    each: Synthesised,
) -> None:
    name = each.topology.names.authority_secret()
    (secret,) = [
        found
        for found in each.properties("primary", "AWS::SecretsManager::Secret")
        if found["Name"] == name
    ]
    generated = secret["GenerateSecretString"]
    text = json.dumps({**json.loads(generated["SecretStringTemplate"]), "seed": "s" * 64})

    assert secret["ReplicaRegions"] == [{"Region": each.topology.dr.region}]
    assert (generated["GenerateStringKey"], generated["PasswordLength"]) == ("seed", 64)
    assert Version.parse(text, name).signs_from.year == 2000


def test_secrets_that_are_adopted_are_not_made(changed: Callable[..., Synthesised]) -> None:
    adopting = changed(adopt_secrets=True)
    names = adopting.topology.names

    made = names_of(adopting, "primary", "AWS::SecretsManager::Secret", "Name")

    assert made == {names.server_token("primary"), names.agent_token("primary")}


def test_database_credentials_are_replicated_to_the_dr_region(each: Synthesised) -> None:
    secrets = {
        secret["Name"]: secret
        for secret in each.properties("primary", "AWS::SecretsManager::Secret")
    }
    for user in (each.topology.database.owner, DUMP_USER):
        secret = secrets[each.topology.names.database_secret(user)]
        template = json.loads(secret["GenerateSecretString"]["SecretStringTemplate"])

        assert secret["ReplicaRegions"] == [{"Region": each.topology.dr.region}]
        assert template == {"username": user}
        assert secret["GenerateSecretString"]["GenerateStringKey"] == "password"


def test_the_parameters_that_machines_read_are_made(each: Synthesised) -> None:
    for site in SITES:
        made = names_of(each, site, "AWS::SSM::Parameter", "Name")
        parameters = site_json(each, site)["parameters"]

        assert {parameters["bundle"], parameters["signal"]} <= made
        assert each.topology.names.outputs_parameter(site) in made
        assert parameters["record"] not in made


def test_the_hosts_that_clients_and_machines_look_up_are_records_of_the_zone(
    each: Synthesised,
) -> None:
    for site in SITES:
        document = site_json(each, site)
        records = {
            name.removesuffix(".")
            for name in names_of(each, site, "AWS::Route53::RecordSet", "Name")
        }
        nodes = {each.topology.names.node_host(node["name"]) for node in document["nodes"]}

        assert records == {document["api_host"], document["writer_alias"], *nodes}


def test_outputs_hold_what_is_read_and_nothing_else(each: Synthesised) -> None:
    for site in SITES:
        (text,) = [
            parameter["Value"]
            for parameter in each.properties(site, "AWS::SSM::Parameter")
            if parameter["Name"] == each.topology.names.outputs_parameter(site)
        ]

        read = ["load_balancer", "hosted_zone", *each.topology.site(site).built_once]
        assert re.findall(r'"(\w+)":', str(text)) == read


def test_no_name_is_shared_by_the_two_stacks(each: Synthesised) -> None:
    for kind, key in (
        ("AWS::IAM::Role", "RoleName"),
        ("AWS::S3::Bucket", "BucketName"),
        ("AWS::CloudWatch::Alarm", "AlarmName"),
        ("AWS::CloudWatch::Dashboard", "DashboardName"),
        ("AWS::SSM::Document", "Name"),
    ):
        assert not names_of(each, "primary", kind, key) & names_of(each, "dr", kind, key)
