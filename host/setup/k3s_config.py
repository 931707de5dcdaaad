"""k3s' configuration file for each role: pure functions. JSON, which is YAML as well.

Everything is in the file and nothing on the command line or in the environment, so that a restart
by hand and a restart by systemd start the same thing.
"""

from typing import Any

from host.bundle.site_document import Node, SiteDocument
from host.machine.machine import Identity
from host.machine.paths import K3S_CONFIG, K3S_DATA, LOCAL_STORAGE

SERVER_TOKEN = f"{K3S_CONFIG}/token"
AGENT_TOKEN = f"{K3S_CONFIG}/agent-token"
PORT = 6443
_CONTROL_PLANE_TAINT = "node-role.kubernetes.io/control-plane=true:NoSchedule"
_SNAPSHOT_CRON = "0 */6 * * *"
_SNAPSHOTS_KEPT = 28
"""A week of snapshots every six hours."""
_LOST_AFTER = {"alone": "10s", "several": "20s"}
"""How long a machine may be silent before Kubernetes takes it for lost: by default 50 s, most of
what the loss of the writer's machine cost. Kubelets renew their lease every 2 s
(`machine_settings.py`), so five in a row have to be missing, as by default. With several servers, a
kubelet whose own server is lost needs up to 15 s to reach another, which must not look like its own
loss. A machine that is wrongly taken for lost costs no failover: CloudNativePG asks the instance
itself as well (v1.30.0 internal/controller/cluster_controller.go, IsPodReadyAndNotReporting)."""
_LOOK_EVERY = "2s"

Config = dict[str, Any]


def agent_config(document: SiteDocument, node: Node, identity: Identity) -> Config:
    """A machine that only runs the database. It never sees the server token."""
    return {
        **_every_node(document, node, identity, runs_database=True),
        "server": _api(document),
        "token-file": AGENT_TOKEN,
    }


def server_config(document: SiteDocument, node: Node, identity: Identity, *, joins: bool) -> Config:
    """A machine with the API server and etcd; it joins the others, or makes the cluster."""
    has_agents = bool(document.names("agent"))
    config = {
        **_every_node(document, node, identity, runs_database=not has_agents),
        "token-file": SERVER_TOKEN,
        "agent-token-file": AGENT_TOKEN,
        "advertise-address": identity.private_ip,
        "tls-san": [document.api_host, identity.private_ip],
        "write-kubeconfig-mode": "0600",
        "secrets-encryption": True,
        "disable": ["traefik", "servicelb"],
        "default-local-storage-path": LOCAL_STORAGE,
        "kube-controller-manager-arg": _noticing_loss(document),
        **_issuer(document),
        **_snapshots(document),
    }
    if has_agents:
        config["node-taint"] = [_CONTROL_PLANE_TAINT]
    config |= {"server": _api(document)} if joins else {"cluster-init": True}
    return config


def _every_node(
    document: SiteDocument, node: Node, identity: Identity, *, runs_database: bool
) -> Config:
    labels = [
        f"topology.kubernetes.io/region={identity.region}",
        f"topology.kubernetes.io/zone={identity.zone}",
    ]
    if runs_database:
        labels.append("workload=postgres")
    return {
        "data-dir": K3S_DATA,
        "node-name": node.name,
        "node-ip": identity.private_ip,
        "node-label": labels,
        "protect-kernel-defaults": True,
    }


def _noticing_loss(document: SiteDocument) -> list[str]:
    servers = "several" if len(document.names("server")) > 1 else "alone"
    return [
        f"node-monitor-grace-period={_LOST_AFTER[servers]}",
        f"node-monitor-period={_LOOK_EVERY}",
    ]


def _issuer(document: SiteDocument) -> Config:
    # The hyphen puts it before k3s' own, of which tokens are still accepted (k3s pkg/util/args.go).
    issuer = document.issuer
    return {"kube-apiserver-arg": [f"service-account-issuer-={issuer}"]} if issuer else {}


def _snapshots(document: SiteDocument) -> Config:
    # Not compressed: restoring a compressed snapshot from S3 failed before 1.37.1 (k3s #14528).
    return {
        "etcd-snapshot-schedule-cron": _SNAPSHOT_CRON,
        "etcd-snapshot-retention": _SNAPSHOTS_KEPT,
        "etcd-s3": True,
        # Its own since 1.36: left out it is not the number of the local ones.
        "etcd-s3-retention": _SNAPSHOTS_KEPT,
        "etcd-s3-endpoint": f"s3.{document.region}.amazonaws.com",
        "etcd-s3-region": document.region,
        "etcd-s3-bucket": document.bucket,
        "etcd-s3-folder": document.etcd_prefix,
    }


def _api(document: SiteDocument) -> str:
    return f"https://{document.api_host}:{PORT}"
