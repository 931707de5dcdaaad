"""What the stand-in starts is made from the file that the host program writes for k3s."""

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from drill.rig.inside import k3s_files, k3s_parts
from drill.rig.inside.k3s_parts import Config, Part
from host.bundle.site_document import SiteDocument
from host.machine.machine import Identity
from host.setup.k3s_config import agent_config, server_config
from stacks.site_document import site_document
from topology.load import load
from topology.site import SiteName

DEFAULT = load(Path(__file__).parents[4] / "config/default.yaml")
PKI = "/rig/pki"


def config(site: SiteName, name: str) -> Config:
    document = SiteDocument.parse(json.dumps(site_document(DEFAULT, site)))
    node = document.node(name)
    identity = Identity(
        account="123456789012",
        region=document.region,
        zone=node.zone,
        instance_id="i-1",
        architecture="amd64",
        private_ip="10.0.0.11",
    )
    if node.role == "agent":
        return agent_config(document, node, identity)
    return server_config(document, node, identity, joins=False)


def flags(parts: Iterable[Part], name: str) -> tuple[str, ...]:
    return next(part.argv for part in parts if part.name == name)


def test_the_projects_own_labels_and_taints_reach_the_kubelet() -> None:
    agent = flags(k3s_parts.node(config("primary", "agent-2"), PKI), "kubelet")
    server = flags(k3s_parts.node(config("primary", "server-1"), PKI), "kubelet")
    alone = flags(k3s_parts.node(config("dr", "server-1"), PKI), "kubelet")

    labels = next(flag for flag in agent if flag.startswith("--node-labels="))
    assert "topology.kubernetes.io/zone=eu-west-1b" in labels
    assert "workload=postgres" in labels
    taint = "--register-with-taints=node-role.kubernetes.io/control-plane=true:NoSchedule"
    assert taint in server
    assert not any("taints" in flag for flag in (*agent, *alone))


def test_the_kubelet_merges_the_drop_in_that_the_host_program_writes() -> None:
    kubelet = flags(k3s_parts.node(config("dr", "server-1"), PKI), "kubelet")

    assert "--config-dir=/data/k3s/agent/etc/kubelet.conf.d" in kubelet


def test_etcd_lies_where_the_host_program_looks_for_a_datastore() -> None:
    etcd = flags(k3s_parts.control_plane(config("dr", "server-1"), PKI), "etcd")

    assert "--data-dir=/data/k3s/server/db/etcd" in etcd


def test_arguments_of_the_configuration_file_are_passed_on() -> None:
    changed = {**config("dr", "server-1"), "kubelet-arg": ["v=4"], "kube-apiserver-arg": ["v=5"]}

    assert "--v=4" in flags(k3s_parts.node(changed, PKI), "kubelet")
    assert "--v=5" in flags(k3s_parts.control_plane(changed, PKI), "kube-apiserver")


def test_an_issuer_is_put_before_k3s_own_whose_tokens_are_still_accepted() -> None:
    argument = "service-account-issuer-=https://issuer.example"
    changed = {**config("dr", "server-1"), "kube-apiserver-arg": [argument]}

    told = flags(k3s_parts.control_plane(changed, PKI), "kube-apiserver")

    assert [each for each in told if "service-account-issuer" in each] == [
        "--service-account-issuer=https://issuer.example",
        f"--service-account-issuer={k3s_parts.ISSUER}",
    ]


@pytest.mark.parametrize("protect", [True, False])
def test_the_kubelet_checks_the_kernel_settings_where_the_project_asks_for_it(
    protect: bool,
) -> None:
    changed = {**config("dr", "server-1"), "protect-kernel-defaults": protect}

    assert k3s_files.kubelet(changed, PKI)["protectKernelDefaults"] is protect


def test_containerd_keeps_its_data_on_the_data_volume() -> None:
    text = k3s_files.containerd(config("dr", "server-1"), cni="/parts/cni")

    document = tomllib.loads(text)
    assert document["root"] == "/data/k3s/agent/containerd"
    runtime = document["plugins"]["io.containerd.cri.v1.runtime"]
    assert runtime["cni"]["bin_dirs"] == ["/parts/cni"]
