"""What k3s is told on each machine of each configuration, and how a lost server is told apart."""

import json
import re
from copy import deepcopy
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from host.bundle.site_document import Node, Role, SiteDocument
from host.errors import Refused
from host.machine.machine import Identity
from host.machine.paths import GATE_UNIT
from host.setup.data_volume import mount_unit
from host.setup.datastore import Found, decide
from host.setup.installation import installed_files
from host.setup.k3s_config import Config, agent_config, server_config
from host.setup.k3s_unit import k3s_unit
from host.setup.machine_settings import LEASE_SECONDS
from host.setup.signal_cloudformation import failure_reason
from stacks.site_document import site_document
from topology.load import load
from topology.site import SITES

CONFIGS = sorted((Path(__file__).parents[3] / "config").glob("*.yaml"))
DOCUMENTS = [site_document(load(path), site) for path in CONFIGS for site in SITES]
PARSED = [SiteDocument.parse(json.dumps(document)) for document in DOCUMENTS]
NODES = [(document, node) for document in PARSED for node in document.nodes]


def config_of(document: SiteDocument, node: Node) -> Config:
    identity = Identity(
        account="123456789012",
        region=document.region,
        zone=node.zone,
        instance_id="i-1",
        architecture="amd64",
        private_ip="10.0.0.1",
    )
    if node.role == "agent":
        return agent_config(document, node, identity)
    return server_config(document, node, identity, joins=node.name != "server-1")


def test_a_server_signs_by_its_sites_issuer_and_knows_k3s_own_beside_it() -> None:
    for document, node in NODES:
        issuing = replace(document, issuer="https://issuer.s3.eu-west-1.amazonaws.com")
        config = config_of(issuing, node)
        told = ["service-account-issuer-=https://issuer.s3.eu-west-1.amazonaws.com"]

        assert config.get("kube-apiserver-arg", []) == (told if node.role == "server" else [])
        assert "kube-apiserver-arg" not in config_of(document, node)


def test_every_machine_keeps_its_name_zone_and_data() -> None:
    for document, node in NODES:
        config = config_of(document, node)
        assert config["node-name"] == node.name
        assert f"topology.kubernetes.io/zone={node.zone}" in config["node-label"]
        assert f"topology.kubernetes.io/region={document.region}" in config["node-label"]
        assert config["data-dir"].startswith("/data/")
        assert config["protect-kernel-defaults"] is True


def test_no_label_is_one_that_keeps_k3s_from_starting() -> None:
    for document, node in NODES:
        assert not any("node-role." in label for label in config_of(document, node)["node-label"])


def test_an_agent_holds_the_agent_token_and_nothing_of_a_server() -> None:
    for document, node in NODES:
        config = config_of(document, node)
        if node.role == "agent":
            assert config["token-file"].endswith("/agent-token")
            assert not any(key.startswith(("etcd", "cluster", "tls", "agent-")) for key in config)


def test_one_server_makes_the_cluster_and_all_others_join_it() -> None:
    for document in PARSED:
        configs = [config_of(document, node) for node in document.nodes]
        assert sum("cluster-init" in config for config in configs) == 1
        assert sum("server" in config for config in configs) == len(configs) - 1


def test_the_database_has_its_machines_to_itself_where_there_are_agents() -> None:
    for document in PARSED:
        for node in document.nodes:
            config = config_of(document, node)
            dedicated = node.role == "server" and bool(document.names("agent"))
            assert ("workload=postgres" in config["node-label"]) is not dedicated
            assert ("node-taint" in config) is dedicated


def test_there_are_machines_for_all_instances() -> None:
    for document in PARSED:
        labels = [config_of(document, node)["node-label"] for node in document.nodes]
        assert sum("workload=postgres" in each for each in labels) >= document.instances


def test_servers_put_uncompressed_snapshots_into_their_own_region() -> None:
    for document, node in NODES:
        config = config_of(document, node)
        if node.role == "server":
            assert config["etcd-s3-endpoint"] == f"s3.{document.region}.amazonaws.com"
            assert config["etcd-s3-region"] == document.region
            assert config["etcd-s3-bucket"] == document.bucket
            assert "etcd-snapshot-compress" not in config
            assert config["secrets-encryption"] is True
            assert document.api_host in config["tls-san"]


@pytest.mark.parametrize("role", ["server", "agent"])
def test_k3s_starts_nothing_without_the_data_volume(role: Any) -> None:
    unit = k3s_unit(role)

    assert "RequiresMountsFor=/data\n" in unit
    assert "AssertPathIsMountPoint=/data\n" in unit
    assert "KillMode=process\n" in unit


def test_a_server_starts_without_a_datastore_only_where_boot_has_allowed_it() -> None:
    asserts = [line for line in k3s_unit("server").splitlines() if "AssertPathExists" in line]

    assert asserts == [
        "AssertPathExists=|/data/k3s/server/db/etcd/member/wal",
        "AssertPathExists=|/run/pgtwin/may-start-without-datastore",
        "AssertPathExists=!/data/k3s/restoring",
    ]
    assert "AssertPathExists" not in k3s_unit("agent")


def test_the_volume_is_mounted_by_uuid_and_does_not_hold_up_the_machine() -> None:
    assert "What=/dev/disk/by-uuid/1234\n" in mount_unit("1234")
    assert "nofail" in mount_unit("1234")


def test_units_that_need_the_boot_wait_for_it() -> None:
    for path, (text, _) in installed_files(30432).items():
        name = path.rpartition("/")[2]
        if name in ("pgtwin-report.service", "pgtwin-apply.service", "pgtwin-verify.service"):
            assert "After=pgtwin-boot.service\n" in text


@pytest.mark.parametrize("role", ["server", "agent"])
def test_k3s_does_not_start_where_clients_could_not_be_kept_out_first(role: Role) -> None:
    unit, gate = k3s_unit(role), installed_files(30432)[f"/etc/systemd/system/{GATE_UNIT}"][0]

    assert f"Requires={GATE_UNIT}\n" in unit
    assert f"After=network-online.target {GATE_UNIT}\n" in unit
    assert "network-online" not in gate, "the gate waits for no network"


def test_the_gate_is_closed_at_every_start_with_a_file_that_lies_on_the_machine() -> None:
    files = installed_files(30432)
    gate = files[f"/etc/systemd/system/{GATE_UNIT}"][0]
    (path,) = re.findall(r"ExecStart=/usr/sbin/nft -f (\S+)", gate)

    assert "tcp dport 30432 reject" in files[path][0]
    assert "WantedBy=multi-user.target" in gate


EVERY_FINDING = [
    Found(
        local=local,
        moved=moved and local,
        others=others,
        others_lost=others_lost,
        first=first,
        answering="server-2.pgtwin.internal" if answering else None,
        snapshot=snapshot,
        lived=lived or snapshot is not None,
    )
    for local, moved, others, others_lost, first, answering, lived in product(
        (True, False), repeat=7
    )
    for snapshot in ("snapshot", None)
    if others or not (answering or others_lost)
    if not (answering and others_lost)
]


def test_what_is_there_is_kept_and_what_is_not_is_not_taken_for_there() -> None:
    for found in EVERY_FINDING:
        assert (decide(found) in ("keep", "reset", "rejoin") or found.moved) is found.local


def test_an_empty_cluster_is_begun_only_where_none_ever_was_or_a_person_says_so() -> None:
    for found in EVERY_FINDING:
        if decide(found) == "new":
            assert not found.lived or (found.others_lost and not found.snapshot)
            assert not found.answering


def test_one_of_several_makes_no_cluster_beside_others_that_are_merely_silent() -> None:
    for found in EVERY_FINDING:
        if found.others and not found.others_lost:
            assert decide(found) not in ("reset", "restore")


def test_no_cluster_is_made_while_another_server_answers() -> None:
    for found in EVERY_FINDING:
        if found.answering:
            assert decide(found) in ("keep", "rejoin", "join")


def test_a_datastore_is_given_up_only_while_another_server_answers() -> None:
    for found in EVERY_FINDING:
        if decide(found) == "rejoin":
            assert found.answering


def test_the_only_server_never_waits_for_others() -> None:
    for found in EVERY_FINDING:
        if not found.others and found.first:
            waits = decide(found) == "wait"
            assert waits is (not found.local and found.lived and not found.snapshot)


def test_every_site_document_of_the_stacks_is_read() -> None:
    for document, parsed in zip(DOCUMENTS, PARSED, strict=True):
        assert parsed.site == document["site"]
        assert len(parsed.nodes) == len(document["nodes"])


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, item in items:
        found.append((*here, key))
        if isinstance(item, (dict, list)):
            found += paths(item, (*here, key))
    return found


@pytest.mark.parametrize("path", paths(DOCUMENTS[0]), ids=lambda path: ".".join(map(str, path)))
def test_a_value_of_another_type_is_refused_by_name(path: tuple[Any, ...]) -> None:
    document = deepcopy(DOCUMENTS[0])
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = 1.5

    with pytest.raises(Refused) as refused:
        SiteDocument.parse(json.dumps(document))

    assert str(path[-1]) in str(refused.value)


def test_a_missing_key_is_refused_by_name() -> None:
    for key in DOCUMENTS[0]:
        less = {name: value for name, value in DOCUMENTS[0].items() if name != key}
        with pytest.raises(Refused, match=f"site.json.{key} is missing"):
            SiteDocument.parse(json.dumps(less))


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(Refused, match="not JSON"):
        SiteDocument.parse("{")


def test_the_reason_of_a_failure_begins_with_the_error_and_ends_with_the_last_line() -> None:
    lines = tuple(f"line {number}" for number in range(200))

    reason = failure_reason("agent-1", "it broke", lines)

    assert reason.startswith("agent-1: it broke | log: ")
    assert reason.endswith("line 199")
    assert len(reason) <= 1000


def seconds_of(config: Config, argument: str) -> int:
    (value,) = [
        each.partition("=")[2]
        for each in config["kube-controller-manager-arg"]
        if each.startswith(f"{argument}=")
    ]
    return int(value.removesuffix("s"))


@pytest.mark.parametrize(("document", "node"), NODES)
def test_a_lost_machine_is_noticed_soon_but_not_for_a_few_missing_heartbeats(
    document: SiteDocument, node: Node
) -> None:
    if node.role == "agent":
        return
    config = config_of(document, node)
    several = len(document.names("server")) > 1

    assert seconds_of(config, "node-monitor-grace-period") <= (20 if several else 12)
    assert seconds_of(config, "node-monitor-grace-period") >= 5 * LEASE_SECONDS / 4
    assert seconds_of(config, "node-monitor-period") <= 2


@pytest.mark.parametrize(("document", "node"), NODES)
def test_as_many_snapshots_are_kept_in_s3_as_on_the_server(
    document: SiteDocument, node: Node
) -> None:
    if node.role == "server":
        config = config_of(document, node)
        assert config["etcd-s3-retention"] == config["etcd-snapshot-retention"] == 28
