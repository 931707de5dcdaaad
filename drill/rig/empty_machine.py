"""The machine of a cluster without pgtwin, as docs/drill-real.md asks a user for it: pure.

Its user-data sets k3s up and nothing else, so the ground `clusters` can be played where nobody has
brought two clusters. Of the host program only paths and what a pod may set are used.
"""

import base64
import json
from typing import Any

from drill.rig import root_disk
from drill.rig.deployed_machine import DeployedMachine
from host.machine.paths import DATA, K3S, K3S_CONFIG, K3S_DATA, LOCAL_STORAGE
from host.setup.machine_settings import POD_SYSCTLS
from topology.topology import Topology

REGION_LABEL, ZONE_LABEL = "topology.kubernetes.io/region", "topology.kubernetes.io/zone"
DATABASE_LABEL = ("workload", "postgres")
CONTROL_PLANE_TAINT = "node-role.kubernetes.io/control-plane"
"""Keeps the database away, with the effect NoSchedule."""
_UNIT = """\
[Unit]
Description=k3s

[Service]
Type=exec
ExecStart={k3s} {role}
Restart=always
RestartSec=5s

[Install]
WantedBy=multi-user.target
"""
_SCRIPT = """\
#!/bin/bash
set -Eeuo pipefail
volume=$(echo /volumes/*)
mkdir -p {data} "$volume/content" {config} /etc/systemd/system
mount --bind "$volume/content" {data} --make-rshared
base64 --decode > {k3s} <<< {program}
chmod 0755 {k3s}
base64 --decode > {config}/config.yaml <<< {settings}
base64 --decode > /etc/systemd/system/k3s.service <<< {unit}
systemctl daemon-reload
systemctl enable k3s.service
systemctl start k3s.service
"""


def user_data(topology: Topology, machine: DeployedMachine) -> bytes:
    """What it runs at its first start."""
    settings = json.dumps(config(topology, machine)).encode()
    unit = _UNIT.format(k3s=K3S, role=machine.role)
    return _SCRIPT.format(
        data=DATA,
        config=K3S_CONFIG,
        k3s=K3S,
        program=_base64(root_disk.k3s_program()),
        settings=_base64(settings),
        unit=_base64(unit.encode()),
    ).encode()


def config(topology: Topology, machine: DeployedMachine) -> dict[str, Any]:
    """k3s' configuration: the labels and the taint that the document asks for."""
    has_agents = bool(topology.site(machine.site).agents)
    runs_database = machine.role == "agent" or not has_agents
    labels = [
        f"{REGION_LABEL}={topology.site(machine.site).region}",
        f"{ZONE_LABEL}={machine.zone}",
        *(["=".join(DATABASE_LABEL)] if runs_database else []),
    ]
    settings: dict[str, Any] = {
        "data-dir": K3S_DATA,
        "node-name": machine.node,
        "node-ip": str(machine.address),
        "node-label": labels,
        "protect-kernel-defaults": False,
        "kubelet-arg": [f"allowed-unsafe-sysctls={','.join(POD_SYSCTLS)}"],
    }
    if machine.role == "agent":
        return {**settings, "server": f"https://{topology.names.api_host()}:6443"}
    return {
        **settings,
        "advertise-address": str(machine.address),
        "default-local-storage-path": LOCAL_STORAGE,
        **({"node-taint": [f"{CONTROL_PLANE_TAINT}=:NoSchedule"]} if has_agents else {}),
    }


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
