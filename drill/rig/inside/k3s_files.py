"""What k3s writes for its parts before it starts them: pure."""

import json
from typing import Any

from drill.rig.inside.k3s_parts import CONTAINERD_SOCKET, DNS, PODS, Config

POD_BRIDGE = "cni0"
PAUSE_IMAGE = "docker.io/rancher/mirrored-pause:3.6"
LEAST_FREE_PERCENT = 5
"""Of the disk: with less the kubelet starts no pods. As k3s has it (pkg/daemons/agent)."""
_UNUSED = ("btrfs", "zfs", "devmapper", "erofs", "blockfile")


def containerd(config: Config, *, cni: str) -> str:
    """containerd's configuration."""
    unused = [f"io.containerd.snapshotter.v1.{name}" for name in _UNUSED]
    cri = "io.containerd.cri.v1"
    return f"""\
version = 3
root = "{config["data-dir"]}/agent/containerd"
state = "/run/k3s/containerd"
disabled_plugins = {json.dumps([*unused, "io.containerd.nri.v1.nri"])}

[grpc]
  address = "{CONTAINERD_SOCKET}"

[plugins."{cri}.images"]
  snapshotter = "overlayfs"

[plugins."{cri}.images".pinned_images]
  sandbox = "{PAUSE_IMAGE}"

[plugins."{cri}.runtime"]
  # Without CAP_SYS_RESOURCE nothing may lower a score.
  restrict_oom_score_adj = true

[plugins."{cri}.runtime".cni]
  bin_dirs = ["{cni}"]
  conf_dir = "/etc/cni/net.d"

[plugins."{cri}.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."{cri}.runtime".containerd.runtimes.runc.options]
  BinaryName = "runc"
  SystemdCgroup = false
"""


def kubelet(config: Config, pki: str) -> dict[str, Any]:
    """The kubelet's configuration; the project's own drop-in is merged over it."""
    name = config["node-name"]
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{pki}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "clusterDomain": "cluster.local",
        "clusterDNS": [DNS],
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "protectKernelDefaults": config["protect-kernel-defaults"],
        "serializeImagePulls": False,
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "tlsCertFile": f"{pki}/kubelet-serving-{name}.crt",
        "tlsPrivateKeyFile": f"{pki}/kubelet-serving-{name}.key",
        # An image that the kubelet clears away cannot be pulled again here.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": dict.fromkeys(
            ("imagefs.available", "nodefs.available"), f"{LEAST_FREE_PERCENT}%"
        ),
        "evictionMinimumReclaim": {"imagefs.available": "10%", "nodefs.available": "10%"},
        "resolvConf": "/etc/resolv.conf",
        "fileCheckFrequency": "20s",
        "syncFrequency": "30s",
    }


def pod_network(pods_here: str) -> dict[str, Any]:
    """The CNI configuration of a node whose pods have addresses of `pods_here`."""
    bridge = {
        "type": "bridge",
        "bridge": POD_BRIDGE,
        "isDefaultGateway": True,
        "hairpinMode": True,
        # Masquerading is one rule of the node, for what leaves the pod network only.
        "ipMasq": False,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": pods_here}]],
            "dataDir": "/run/cni",
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "1.0.0", "name": "cbr0", "plugins": [bridge, ports]}


def masquerading() -> list[str]:
    """The rule of a node's NAT table, as flannel sets it."""
    return ["POSTROUTING", "-s", PODS, "!", "-d", PODS, "-j", "MASQUERADE"]
