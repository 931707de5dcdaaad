"""The processes that k3s has inside itself, with the flags that it gives them: pure.

Made from the same configuration file that k3s reads. Flags as k3s v1.36 sets them
(pkg/daemons/control/server.go, pkg/daemons/agent/agent_linux.go), less what its supervisor needs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

CONTAINERD_SOCKET = "/run/k3s/containerd/containerd.sock"
CONTAINERD_CONFIG = "/etc/rancher/k3s/containerd.toml"
KUBELET_CONFIG = "/var/lib/kubelet/config.json"
PODS = "10.42.0.0/16"
SERVICES = "10.43.0.0/16"
DNS = "10.43.0.10"
ISSUER = "https://kubernetes.default.svc.cluster.local"
HELM_JOB_IMAGE = "docker.io/rancher/klipper-helm:v0.13.3-build20260727"
ETCD = "http://127.0.0.1:2379"
_ETCD_PEER = "http://127.0.0.1:2380"

Config = Mapping[str, Any]
"""What is in /etc/rancher/k3s/config.yaml."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process."""

    name: str
    argv: tuple[str, ...]


def runtime() -> Part:
    """The container runtime, which every machine has."""
    return Part(name="containerd", argv=("containerd", "--config", CONTAINERD_CONFIG))


def control_plane(config: Config, pki: str) -> Sequence[Part]:
    """What a server has besides: the store, then the API on it."""
    return [_etcd(config), _api_server(config, pki)]


def controllers(config: Config, pki: str) -> Sequence[Part]:
    """What needs an API that answers."""
    return [_controller_manager(config, pki), _scheduler(pki), _helm_controller(pki)]


def node(config: Config, pki: str) -> Sequence[Part]:
    """What every machine runs once it can reach the API or retry."""
    return [_kubelet(config, pki), _kube_proxy(config, pki), _network_policies(config, pki)]


def _etcd(config: Config) -> Part:
    name = str(config["node-name"])
    return Part(
        name="etcd",
        argv=(
            "etcd",
            f"--name={name}",
            f"--data-dir={config['data-dir']}/server/db/etcd",
            f"--listen-client-urls={ETCD}",
            f"--advertise-client-urls={ETCD}",
            f"--listen-peer-urls={_ETCD_PEER}",
            f"--initial-advertise-peer-urls={_ETCD_PEER}",
            f"--initial-cluster={name}={_ETCD_PEER}",
            "--heartbeat-interval=500",
            "--election-timeout=5000",
            "--snapshot-count=10000",
        ),
    )


def forgetting_members(config: Config) -> Part:
    """The store with its data, and itself as the only member (pkg/etcd: `ForceNewCluster`)."""
    etcd = _etcd(config)
    return replace(etcd, argv=(*etcd.argv, "--force-new-cluster"))


def _api_server(config: Config, pki: str) -> Part:
    return Part(
        name="kube-apiserver",
        argv=(
            "kube-apiserver",
            f"--etcd-servers={ETCD}",
            f"--advertise-address={config['advertise-address']}",
            "--secure-port=6443",
            f"--service-cluster-ip-range={SERVICES}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            "--profiling=false",
            *_api_server_certificates(pki),
            *_before(f"--service-account-issuer={ISSUER}", config),
            f"--api-audiences={ISSUER},k3s",
            "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
            *(f"--{each}" for each in _api_server_arguments(config) if "-=" not in each),
        ),
    )


def _before(flag: str, config: Config) -> tuple[str, ...]:
    """A flag of k3s' own, after what the configuration puts before it (k3s pkg/util/args.go)."""
    name = flag.partition("=")[0]
    given = [f"--{each}" for each in _api_server_arguments(config)]
    put_before = [each.replace("-=", "=", 1) for each in given if each.startswith(f"{name}-=")]
    return (*put_before, flag)


def _api_server_arguments(config: Config) -> Sequence[str]:
    return config.get("kube-apiserver-arg") or ()


def _api_server_certificates(pki: str) -> tuple[str, ...]:
    return (
        f"--client-ca-file={pki}/ca.crt",
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        f"--kubelet-certificate-authority={pki}/ca.crt",
        f"--kubelet-client-certificate={pki}/apiserver-kubelet.crt",
        f"--kubelet-client-key={pki}/apiserver-kubelet.key",
        f"--service-account-key-file={pki}/service-account.pub",
        f"--service-account-signing-key-file={pki}/service-account.key",
        f"--encryption-provider-config={pki}/encryption.json",
        f"--requestheader-client-ca-file={pki}/front-proxy-ca.crt",
        "--requestheader-allowed-names=system:auth-proxy",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
        f"--proxy-client-cert-file={pki}/front-proxy.crt",
        f"--proxy-client-key-file={pki}/front-proxy.key",
    )


def _controller_manager(config: Config, pki: str) -> Part:
    return Part(
        name="kube-controller-manager",
        argv=(
            "kube-controller-manager",
            f"--kubeconfig={pki}/controller-manager.kubeconfig",
            "--allocate-node-cidrs=true",
            f"--cluster-cidr={PODS}",
            f"--service-cluster-ip-range={SERVICES}",
            "--use-service-account-credentials=true",
            f"--cluster-signing-cert-file={pki}/ca.crt",
            f"--cluster-signing-key-file={pki}/ca.key",
            f"--root-ca-file={pki}/ca.crt",
            f"--service-account-private-key-file={pki}/service-account.key",
            "--controllers=*,tokencleaner",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            "--profiling=false",
            *(f"--{each}" for each in config.get("kube-controller-manager-arg") or ()),
        ),
    )


def _scheduler(pki: str) -> Part:
    return Part(
        name="kube-scheduler",
        argv=(
            "kube-scheduler",
            f"--kubeconfig={pki}/scheduler.kubeconfig",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            "--profiling=false",
        ),
    )


def _helm_controller(pki: str) -> Part:
    return Part(
        name="helm-controller",
        argv=(
            "helm-controller",
            f"--kubeconfig={pki}/k3s.kubeconfig",
            "--controller-name=helm-controller",
            "--job-cluster-role=cluster-admin",
            f"--default-job-image={HELM_JOB_IMAGE}",
        ),
    )


def _kubelet(config: Config, pki: str) -> Part:
    labels = [*config["node-label"], "node.kubernetes.io/instance-type=k3s"]
    taints = config.get("node-taint")
    return Part(
        name="kubelet",
        argv=(
            "kubelet",
            f"--config={KUBELET_CONFIG}",
            f"--config-dir={config['data-dir']}/agent/etc/kubelet.conf.d",
            f"--kubeconfig={pki}/kubelet-{config['node-name']}.kubeconfig",
            f"--hostname-override={config['node-name']}",
            f"--node-ip={config['node-ip']}",
            f"--node-labels={','.join(labels)}",
            *([f"--register-with-taints={','.join(taints)}"] if taints else ()),
            *(f"--{argument}" for argument in config.get("kubelet-arg") or ()),
        ),
    )


def _kube_proxy(config: Config, pki: str) -> Part:
    return Part(
        name="kube-proxy",
        argv=(
            "kube-proxy",
            f"--kubeconfig={pki}/kube-proxy.kubeconfig",
            f"--hostname-override={config['node-name']}",
            f"--cluster-cidr={PODS}",
            "--proxy-mode=iptables",
            "--healthz-bind-address=127.0.0.1",
            # They belong to the whole computer.
            "--conntrack-max-per-core=0",
            "--conntrack-tcp-timeout-established=0s",
            "--conntrack-tcp-timeout-close-wait=0s",
        ),
    )


def _network_policies(config: Config, pki: str) -> Part:
    return Part(
        name="kube-router",
        argv=(
            "kube-router",
            f"--kubeconfig={pki}/k3s.kubeconfig",
            f"--hostname-override={config['node-name']}",
            "--run-router=false",
            "--run-service-proxy=false",
            "--run-firewall=true",
            f"--service-cluster-ip-range={SERVICES}",
            "--service-node-port-range=30000-32767",
            "--metrics-port=0",
            "--health-port=0",
            "--iptables-sync-period=5m",
        ),
    )
