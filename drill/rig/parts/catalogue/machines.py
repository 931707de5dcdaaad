"""What runs on a machine outside pods, beside the control plane: what k3s embeds."""

from drill.rig.parts.go_module import GoTools, pinned
from drill.rig.parts.part import Part

_CONTAINERD = "github.com/containerd/containerd/v2"

MACHINES = (
    Part(
        name="runc",
        version=pinned("runc", "github.com/opencontainers/runc"),
        what="starts containers",
        recipe=GoTools(
            module="runc",
            tags="seccomp",
            c_code=True,
            headers={"seccomp.h": "libseccomp-dev"},
        ),
    ),
    Part(
        name="cni",
        version=pinned("cni", "github.com/containernetworking/plugins"),
        what="plugins that connect pods: bridge, host-local, loopback, portmap, bandwidth",
        recipe=GoTools(module="cni"),
    ),
    Part(
        name="containerd",
        version=pinned("containerd", _CONTAINERD),
        what="containerd with its shim and ctr",
        recipe=GoTools(
            module="containerd",
            tags="no_btrfs,no_devmapper,no_zfs",
            variables={f"{_CONTAINERD}/version.Version": pinned("containerd", _CONTAINERD)},
        ),
    ),
    Part(
        name="kube-router",
        version=pinned("kube-router", "github.com/cloudnativelabs/kube-router/v2"),
        what="enforces network policies",
        recipe=GoTools(module="kube-router"),
    ),
    Part(
        name="helm-controller",
        version=pinned("helm-controller", "github.com/k3s-io/helm-controller"),
        what="makes a Job of each HelmChart",
        recipe=GoTools(module="helm-controller"),
    ),
)
